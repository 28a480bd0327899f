import type { Translated } from '../../language';
import type * as en from '../en/actions';

export const actions: Translated<typeof en.actions> = {
  cancel: '취소',
  close: '닫기',
  clear: '지우기',
  remove: '삭제',
  download: '내려받기',
  tryAgain: '다시 시도',
  show: '보기',
  search: '검색',
  nextPage: '다음 페이지',
  firstPage: '첫 페이지',
  copyHash: '해시 복사',
};
