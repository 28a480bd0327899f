import type { Translated } from '../../language';
import type * as en from '../en/pick';

export const pick: Translated<typeof en.pick> = {
  title: '데이터셋 고르기',
  samples: '샘플',
  mine: '내 것',
  shared: '공유받은 것',
  organization: '조직',
  none: '쓸 수 있는 것이 없습니다.',
  choose: '“{name}” 고르기',
  facts: '이미지 {images, plural, other {#장}} · 클래스 {classes, plural, other {#개}} · {size}',
  chosen: '“{name}” 데이터셋을 골랐습니다',
  refused: '이 페이지를 연 곳은 허용되지 않았습니다. 관리자가 GRANARY_EMBED_ORIGINS에 주소를 추가해야 합니다.',
};
