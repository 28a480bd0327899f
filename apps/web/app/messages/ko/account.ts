import type { Translated } from '../../language';
import type * as en from '../en/account';

export const account: Translated<typeof en.account> = {
  signIn: '로그인',
  signInTitle: 'Granary에 로그인',
  signUp: '가입',
  signUpTitle: '계정 만들기',
  email: '이메일',
  password: '비밀번호',
  passwordHint: '10자 이상',
  name: '이름',
  noAccount: '계정이 없나요? <link>가입</link>',
  haveAccount: '계정이 있나요? <link>로그인</link>',
};
