/** Sends mail for whoever runs this Granary. */
export interface Mailer {
  /** @returns whether the server has taken it */
  send(mail: { to: string; subject: string; text: string }): Promise<boolean>;
}
