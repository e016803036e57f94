/**
 * Keeps the data directory closed to everybody but the server's own user, with the exceptions named
 * here.
 */
import { chmodSync, readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { CannotStart } from './cannot-start.ts'

/** The mode bits of other accounts. */
const others = 0o077
/** Lets other accounts pass through a directory, and not list it. */
const passage = 0o011

/**
 * Directories that other accounts may pass through. A process driver's job that runs as another
 * user has its directory below `process/` or `drivers/NAME/process/`, so it must pass through that
 * and through the data directory. It can list neither, and all other files are closed to it.
 */
const passable = new Set(['', 'drivers', 'process'])

/**
 * Other files in a data directory may be the operator's, such as a file of events, and keep their
 * modes.
 */
const ours =
  /^((openbatch\.db|identities\.sqlite|objects\.sqlite)(-wal|-shm)?|(users|secrets|sealing-keys)\.json(\.lock)?|users\.json\.taken-over|installation\.json|last-backup\.json|process-accounts\.json|server\.json|lock\.db|audit|objects|logs|tls|drivers|process|scripted|scratch)$/

/**
 * Makes an empty directory private. Throws `CannotStart`, with the commands that mend it, for a
 * directory that is in use and open to others.
 */
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

/** Root can change every file anyway. */
function isOwn({ uid }: Stats): boolean {
  return uid === ownUid() || uid === 0
}

function ownUid(): number {
  return process.getuid!()
}
