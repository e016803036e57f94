/** Who may do what in a data directory: nobody but the server's own user, with the exceptions named here. */
import { chmodSync, readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { CannotStart } from './cannot-start.ts'

/** The bits that other accounts must not have. */
const others = 0o077
/** To pass through a directory whose name one knows, and no more. */
const passage = 0o011

/**
 * Directories that others may pass through. A job of a process driver that runs as another user has its own directory below `process/`, or below
 * `drivers/NAME/process/`, so it passes through that and through the data directory. It can list neither, and all files beside are closed to it.
 */
const passable = new Set(['', 'drivers', 'process'])

/** The rest of what is in a data directory is not ours to judge: an operator may write events there. */
const ours =
  /^(openbatch\.db(-wal|-shm)?|(users|secrets)\.json(\.lock)?|installation\.json|last-backup\.json|server\.json|lock\.db|logs|drivers|process|scripted|scratch)$/

/** Makes an empty directory of ours private; throws `CannotStart`, with the commands that mend it, for one that is in use and open to others. */
export function checkModes(dataDir: string): void {
  const names = readdirSync(dataDir)
  if (names.length === 0 && isOwn(statSync(dataDir))) chmodSync(dataDir, 0o700)
  const complaints = ['', ...names.filter((name) => ours.test(name))].flatMap((name) => complaintsOf(dataDir, name))
  if (complaints.length === 0) return
  throw new CannotStart(
    [
      `The data directory ${dataDir} is open to other accounts. Look whether all is as it should be, then mend it and start again:`,
      ...complaints.map(({ what, mend }) => `  ${mend}   # ${what}`),
    ].join('\n'),
  )
}

function complaintsOf(dataDir: string, name: string): { what: string; mend: string }[] {
  const path = join(dataDir, name)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return []
  const quoted = `'${path.replaceAll("'", "'\\''")}'`
  const found: { what: string; mend: string }[] = []
  if (!isOwn(stat)) found.push({ what: `it belongs to uid ${stat.uid}`, mend: `chown ${ownUid()} ${quoted}` })
  const open = stat.mode & others & ~(passable.has(name) ? passage : 0)
  if (open !== 0) {
    const right = stat.isDirectory() ? '0700' : '0600'
    found.push({ what: `its mode is 0${(stat.mode & 0o7777).toString(8)}`, mend: `chmod ${right} ${quoted}` })
  }
  return found
}

/** Root may change everything anyway. */
function isOwn({ uid }: Stats): boolean {
  return uid === ownUid() || uid === 0
}

function ownUid(): number {
  return process.getuid!()
}
