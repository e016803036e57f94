/**
 * A backup cannot be made, used or restored. The message is written for the person who gave the
 * command.
 */
export class BackupProblem extends Error {
  override readonly name = 'BackupProblem'
}
