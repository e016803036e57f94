/**
 * Turns failures of making and restoring backups into command failures. Faults of disks and files
 * are reported in the server's words.
 */
import { BackupProblem } from '../data-directory/backup/backup-problem.ts'
import { CannotStart } from '../data-directory/cannot-start.ts'
import { explained } from '../data-directory/fault.ts'
import { CommandFailure } from './terminal.ts'

/** `path` is named if the failure names no file. */
export async function orFailure(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const told = explained(path, error)
    throw told instanceof CannotStart || told instanceof BackupProblem ? new CommandFailure(told.message) : told
  }
}
