import type { Translated } from '../../language';
import type * as en from '../en/pick';

export const pick: Translated<typeof en.pick> = {
  title: '데이터셋 선택',
  samples: '샘플',
  mine: '내 것',
  shared: '공유받은 것',
  organization: '조직',
  none: '사용할 수 있는 데이터셋이 없습니다.',
  choose: '“{name}” 선택',
  facts: '이미지 {images, plural, other {#장}} · 클래스 {classes, plural, other {#개}} · {size}',
  chosen: '“{name}” 데이터셋을 선택했습니다',
  refused:
    '이 페이지를 연 사이트는 허용되지 않았습니다. 관리자에게 GRANARY_EMBED_ORIGINS에 주소를 추가해 달라고 요청하세요.',
};
