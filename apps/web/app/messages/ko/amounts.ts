import type { Translated } from '../../language';
import type * as en from '../en/amounts';

export const amounts: Translated<typeof en.amounts> = {
  none: '없음',
  andMore: '외 {count, number}개',
  files: '파일 {count, number}개',
  images: '이미지 {count, number}개',
  ofTotal: '{total} 중 {done}',
  seconds: '{count, number}초',
  minutes: '{count, number}분',
  hours: '{count, number, ::.0}시간',
};
