import type { Translated } from '../../language';
import type * as en from '../en/frame';

export const frame: Translated<typeof en.frame> = {
  app: 'Granary',
  tagline: '머신러닝 데이터셋을 보관하는 곳',
  mainNavigation: '주 메뉴',
  datasets: '데이터셋',
  admin: '관리자',
  organizations: '조직',
  trash: '휴지통',
  signOut: '로그아웃',
  language: '언어',
  appearance: '화면 모드',
  theme: '테마: {theme}. 다음으로 변경: {next}',
  themes: { system: '시스템 설정', light: '밝게', dark: '어둡게' },
  pages: '페이지',
  noSuchPage: '없는 페이지입니다.',
  internalError: '서버에서 문제가 발생했습니다.',
  toDatasets: '데이터셋 목록으로',
  waitingForServer: '서버를 기다리는 중…',
  waitingHint: '서버에 연결할 수 없습니다. 연결되면 이 페이지가 다시 표시되고, 이 탭의 업로드는 자동으로 이어집니다.',
  unreachable: '서버에 연결할 수 없습니다. 연결을 확인하고 다시 시도하세요.',
};
