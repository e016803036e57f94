import { chmodSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/**
 * The user and group that a job's `user` names, looked up on this machine as Docker looks them up
 * in an image.
 */
export interface RunAs {
  readonly uid: number
  readonly gid: number
  /** Set when the user is in /etc/passwd. The process then has the user's other groups too. */
  readonly userName: string | undefined
}

/**
 * Accepts `user`, `uid`, `user:group`, `uid:gid` and mixtures. Returns a sentence if the user
 * cannot be resolved.
 */
export function resolveUser(
  user: string,
  passwd = readFileSync('/etc/passwd', 'utf8'),
  groups = readFileSync('/etc/group', 'utf8'),
): RunAs | string {
  const [who = '', group] = user.split(':', 2)
  const row = rows(passwd).find(([name, , uid]) => name === who || uid === who)
  if (row === undefined && !/^\d+$/.test(who)) return `unable to find user ${who}: no matching entries in passwd file`
  const groupRow =
    group === undefined ? undefined : rows(groups).find(([name, , gid]) => name === group || gid === group)
  if (group !== undefined && groupRow === undefined && !/^\d+$/.test(group)) {
    return `unable to find group ${group}: no matching entries in group file`
  }
  const uid = Number(row?.[2] ?? who)
  const gid = Number(group === undefined ? (row?.[3] ?? 0) : (groupRow?.[2] ?? group))
  return { uid, gid, userName: row?.[0] }
}

/**
 * The directory nearest to `path`, on the way there, that other users may not enter, if there is
 * one.
 */
export function closedToOthers(path: string): string | undefined {
  for (let directory = path; ; directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o001) === 0) return directory
    if (directory === dirname(directory)) return undefined
  }
}

/**
 * A job that runs as another user has its own directory below, and passes through the data
 * directory to it, and through its driver's `home` if that is inside the data directory. It can
 * list nothing there, and everything else is closed. Without such a job the data directory stays
 * closed as a whole.
 */
export function letOthersPass(dataDir: string, home: string): void {
  let directory = dataDir
  for (const step of ['', ...relative(dataDir, home).split(sep)]) {
    directory = join(directory, step)
    const { mode } = statSync(directory)
    if ((mode & 0o011) !== 0o011) chmodSync(directory, (mode & 0o7777) | 0o011)
  }
}

function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(':'))
}
