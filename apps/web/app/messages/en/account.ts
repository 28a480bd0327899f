/** Signing in and up. */
export const account = {
  signIn: 'Sign in',
  signInTitle: 'Sign in to Granary',
  signUp: 'Sign up',
  signUpTitle: 'Make an account',
  email: 'E-mail',
  password: 'Password',
  passwordHint: '10 characters or more',
  name: 'Name',
  noAccount: 'No account yet? <link>Sign up</link>',
  haveAccount: 'Have an account? <link>Sign in</link>',
} as const;
