import type { ErrorCode } from '@granary/api/client';
import type { IssueCode, RepairCode } from '@granary/formats';

/** Texts for what the API and the formats say in English with a code. */
export interface ServerTexts {
  errors: Record<ErrorCode, string>;
  hints: { [Code in ErrorCode]?: string };
  /** Why a job ended, by its code; what the server says in detail follows. */
  failures: Record<string, string>;
  /** By the code of zod's issue; `limit` is the bound that was missed. */
  fields: Record<'too_small' | 'too_big' | 'invalid_type' | 'invalid_value', string>;
  issues: Record<IssueCode, string>;
  repairs: Record<RepairCode, string>;
  skipped: Record<Extract<IssueCode, 'unsafe_path' | 'name_too_long' | 'reserved_name' | 'skipped_junk'>, string>;
}

export const serverTexts: ServerTexts = {
  errors: {
    invalid_input: '요청이 올바르지 않습니다.',
    not_signed_in: '로그인하지 않았습니다.',
    wrong_credentials: '이메일 또는 비밀번호가 틀렸습니다.',
    foreign_origin: '다른 사이트에서 온 요청이어서 거부했습니다.',
    forbidden: '볼 수는 있지만 이 작업을 할 권한이 없습니다.',
    not_found: '없는 항목이거나 볼 권한이 없습니다.',
    email_taken: '이 이메일로 만든 계정이 이미 있습니다.',
    name_taken: '같은 이름의 데이터셋이 이미 있습니다.',
    wrong_state: '지금 상태에서는 할 수 없습니다.',
    upload_not_ready: '업로드가 끝나지 않았습니다.',
    upload_unknown: '업로드가 없거나, 만료되었거나, 다른 데이터셋의 것입니다.',
    unreadable_upload: '업로드한 파일을 읽을 수 없습니다.',
    too_large_to_analyse: '업로드가 너무 커서 바로 분석할 수 없습니다.',
    nothing_labeled: '내려받을 어노테이션이 없습니다.',
    unprocessable_image: '내용이 손상되어 이미지를 표시할 수 없습니다.',
    too_many_attempts: '시도 횟수가 너무 많습니다.',
    internal: '서버에서 문제가 발생했습니다.',
  },
  hints: {
    invalid_input: '각 항목의 설명을 확인하세요.',
    not_signed_in: '로그인한 뒤 다시 시도하세요.',
    foreign_origin: 'Granary가 프록시 뒤에 있다면 Host 헤더를 그대로 전달하거나, 접속 주소를 GRANARY_URL에 설정하세요.',
    forbidden: '데이터셋 소유자에게 편집자 역할을 요청하세요.',
    email_taken: '그 계정으로 로그인하세요.',
    name_taken: '다른 이름을 고르세요.',
    upload_not_ready: '업로드를 마친 뒤 가져오기를 다시 요청하세요.',
    upload_unknown: '파일을 다시 업로드하세요.',
    too_large_to_analyse: '그대로 가져오세요. 보고서에 같은 내용이 나오고, 되돌려도 잃는 것이 없습니다.',
    too_many_attempts: '잠시 기다렸다가 다시 시도하세요.',
    internal: '다시 시도하세요. 계속되면 관리자에게 요청 번호를 알려 주세요.',
  },
  failures: {
    archive_broken: '압축 파일이 손상되었습니다.',
    classes_not_addable: '클래스를 추가할 수 없습니다.',
    classes_renamed: '클래스 이름이 바뀌었습니다.',
    compression_bomb: '압축률이 지나치게 높아 거부했습니다.',
    encrypted: '암호가 걸린 압축 파일은 읽을 수 없습니다.',
    format_not_readable: '요청한 형식으로 읽을 수 없습니다.',
    import_gone: '다른 사람이 가져오기를 끝냈습니다.',
    not_an_archive: '압축 파일이 아닙니다.',
    nothing_to_import: '가져올 것이 없습니다.',
    path_taken: '같은 경로의 파일이 이미 있습니다.',
    too_large: '크기 제한을 넘습니다.',
    too_many_entries: '파일 수 제한을 넘습니다.',
    unsupported_compression: '지원하지 않는 압축 방식입니다.',
    upload_gone: '업로드가 더 이상 없습니다.',
    worker_died: '작업 프로세스가 중단되었습니다.',
  },
  fields: {
    too_small: '비어 있거나 너무 짧습니다(최소 {limit, number}자).',
    too_big: '너무 깁니다(최대 {limit, number}자).',
    invalid_type: '값이 빠졌거나 형식이 다릅니다.',
    invalid_value: '고를 수 없는 값입니다.',
  },
  issues: {
    unsafe_path: '파일 {count, number}개 제외: 경로가 데이터셋 밖을 가리키거나 쓸 수 없는 문자가 있습니다.',
    not_a_file: '항목 {count, number}개 제외: 링크, 장치 등 특수 항목은 파일이 아닙니다.',
    name_too_long: '파일 {count, number}개 제외: 경로가 900바이트를 넘습니다.',
    duplicate_entry: '파일 {count, number}개 제외: 같은 경로의 항목이 앞에 있습니다.',
    path_conflict: '파일 {count, number}개 제외: 파일과 폴더의 이름이 같아집니다.',
    reserved_name: '파일 {count, number}개 제외: 맨 위의 meta.json은 Granary가 직접 씁니다.',
    not_a_label: '파일 {count, number}개 제외: 레이블만 요청했습니다.',
    kept_existing: '파일 {count, number}개 제외: 같은 경로의 파일이 데이터셋에 이미 있습니다.',
    skipped_junk: '파일 {count, number}개 건너뜀: 데이터가 아닌 시스템 파일입니다.',
    nested_archive: '업로드 안의 압축 파일 {count, number}개는 풀지 않고 그대로 두었습니다.',
    image_unreadable: '파일 {count, number}개를 이미지로 읽을 수 없습니다.',
    image_truncated: '이미지 {count, number}개가 잘려 있습니다: 끝부분이 없습니다.',
    image_too_large: '이미지 {count, number}개가 너무 커서 표시할 수 없습니다: 픽셀 수가 한도를 넘습니다.',
    image_rotated: '사진 {count, number}개가 EXIF 방향에 따라 회전됩니다. 픽셀은 보이는 방향으로 셉니다.',
    config_unreadable:
      '데이터셋 설명 파일 {count, number}개를 읽지 못해 클래스 이름과 분할을 다른 파일에서 가져왔습니다.',
    class_count_mismatch: '파일 {count, number}개의 내용이 서로 다릅니다: 적힌 클래스 수와 이름 수가 다릅니다.',
    unknown_class: '어노테이션 {count, number}개의 클래스가 클래스 목록에 없습니다.',
    duplicate_class: '클래스 {count, number}개의 이름이 다른 클래스와 같습니다.',
    bad_label_line: '레이블 {count, number}줄을 읽지 못해 제외했습니다.',
    mixed_line_formats: '레이블 {count, number}줄의 종류가 나머지와 다릅니다. 각각 그 종류대로 읽었습니다.',
    content_not_given: '파일 {count, number}개는 이름만 알려져 있어 내용에 달린 것은 알 수 없습니다.',
    label_not_text: '레이블 파일 {count, number}개가 텍스트가 아니거나 너무 길어 제외했습니다.',
    label_unreadable: '레이블 파일 {count, number}개를 읽지 못했습니다.',
    label_without_image: '레이블 파일 {count, number}개에 해당하는 이미지가 없습니다.',
    listed_image_missing: '이미지 목록의 {count, number}줄이 가리키는 이미지가 데이터셋에 없습니다.',
    bad_annotation: '어노테이션 {count, number}개를 읽지 못해 제외했습니다.',
    bad_box: '어노테이션 {count, number}개의 도형이 올바르지 않아(숫자가 아니거나 없음) 제외했습니다.',
    zero_area: '도형 {count, number}개의 넓이가 0입니다.',
    out_of_bounds: '도형 {count, number}개가 이미지 밖으로 나갑니다.',
    duplicate_annotation: '어노테이션 {count, number}개가 같은 이미지의 다른 어노테이션과 겹칩니다.',
    duplicate_annotation_id: '어노테이션 id {count, number}개가 한 파일에 여러 번 나옵니다.',
    merged_annotation: '어노테이션 {count, number}개가 여러 파일에 있어 한 번만 가져왔습니다.',
    unsupported_annotation: '어노테이션 {count, number}개는 지원하지 않는 종류여서 제외했습니다.',
    annotation_file_unreadable: '어노테이션 파일 {count, number}개를 읽지 못했거나 끝까지 읽지 못했습니다.',
    dimensions_disagree: '이미지 {count, number}개의 크기가 어노테이션에 적힌 것과 다릅니다.',
    filename_disagrees:
      '레이블 파일 {count, number}개가 이름이 다른 이미지를 가리킵니다. 레이블 파일의 이름을 따랐습니다.',
    unmatched_image: '어노테이션에 적힌 이미지 {count, number}개를 파일에서 찾지 못했습니다.',
    ambiguous_image: '어노테이션에 적힌 이미지 {count, number}개에 맞는 파일이 둘 이상입니다.',
    duplicate_image_id: '이미지 id {count, number}개가 한 어노테이션 파일에 여러 번 나옵니다.',
    duplicate_image_name: '이미지 {count, number}개가 한 어노테이션 파일에 여러 번 적혀 있습니다.',
    dangling_annotation: '어노테이션 {count, number}개가 파일에 없는 이미지를 가리켜 제외했습니다.',
    unplaced_annotation: '어노테이션 {count, number}개의 이미지를 찾지 못해 제외했습니다.',
    dangling_category: '어노테이션 {count, number}개가 파일에 없는 카테고리를 가리켜 제외했습니다.',
    unusual_category_ids: '파일 {count, number}개의 카테고리 id가 1부터 시작하는 작은 수가 아닙니다.',
    split_overlap: '내용이 같은 이미지 {count, number}개가 둘 이상의 분할에 있습니다.',
    image_without_labels: '이미지 {count, number}개에 레이블이 없습니다.',
    unused_file: '파일 {count, number}개는 두었지만 읽지 않았습니다: 이미지도, 감지한 형식의 레이블도 아닙니다.',
    not_lossless: '데이터셋을 원래 형식으로 다시 쓰면 {count, number}가지 내용이 되돌아오지 않습니다.',
  },
  repairs: {
    match_case: '이름 {count, number}개가 대소문자나 악센트 부호화만 파일과 다릅니다: 서로 잇습니다.',
    match_moved_folder: '이름 {count, number}개가 다른 폴더에 있습니다: 경로의 끝으로 잇습니다.',
    match_basename: '이름 {count, number}개를 파일 이름만으로 찾았습니다: 폴더와 상관없이 잇습니다.',
    match_stem: '이름 {count, number}개가 다른 확장자로 있습니다: 점 앞의 이름으로 잇습니다.',
    match_by_id: '이름 {count, number}개가 숫자뿐입니다: 경로의 자연 순서대로 이미지에 잇습니다.',
    clip_boxes: '도형 {count, number}개가 이미지 밖으로 나갑니다: 가장자리에서 자릅니다.',
    drop_empty: '도형 {count, number}개의 넓이가 0입니다: 지웁니다.',
    drop_duplicates: '어노테이션 {count, number}개가 같은 이미지에서 되풀이됩니다: 첫 번째만 남깁니다.',
    rename_duplicate_classes: '클래스 {count, number}개의 이름이 겹칩니다: 번호를 붙입니다("cat (2)").',
    renumber_categories:
      '카테고리 id {count, number}개가 1부터 시작하는 작은 수가 아닙니다: 새로 번호를 매깁니다(옛 id를 아는 도구는 알아보지 못합니다).',
  },
  skipped: {
    unsafe_path: '데이터셋 밖을 가리키거나 쓸 수 없는 경로',
    name_too_long: '너무 긴 경로',
    reserved_name: 'Granary가 직접 쓰는 데이터셋 설명',
    skipped_junk: '시스템 파일 또는 숨은 파일',
  },
};
