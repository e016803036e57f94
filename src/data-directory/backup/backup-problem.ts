/** A backup that cannot be made, used or restored; the message is all that whoever gave the command needs. */
export class BackupProblem extends Error {
  override readonly name = 'BackupProblem'
}
