/** What makes and restores backups fails with; faults of disks and files are told as the server tells them. */
import { BackupProblem } from '../data-directory/backup/backup-problem.ts'
import { CannotStart } from '../data-directory/cannot-start.ts'
import { explained } from '../data-directory/fault.ts'
import { CommandFailure } from './terminal.ts'

/** `path`: what is named where the failure names no file. */
export async function orFailure(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const told = explained(path, error)
    throw told instanceof CannotStart || told instanceof BackupProblem ? new CommandFailure(told.message) : told
  }
}
