import { readFileSync } from 'node:fs'
import { writePrivateFile } from '../../ground/private-file.ts'
import { type RunAs, resolveUser } from './run-as.ts'

/**
 * The accounts of the machine under which the jobs of ordinary users run: one for each user, and
 * never root's. The operator names some; all others are numbers of a range. A number stays its
 * user's for good, also when the user is gone, because files may still belong to it.
 */
export interface AccountsOptions {
  /** Keeps which user has which number. All drivers of a server share it. */
  readonly file: string
  /** Users of openbatch → users of the machine, as a job's `user` names them. */
  readonly named: Readonly<Record<string, string>>
  readonly firstUid: number
  readonly count: number
}

export class Accounts {
  readonly #options: AccountsOptions

  constructor(options: AccountsOptions) {
    this.#options = options
  }

  /**
   * Returns the owner's account, or a sentence that says why there is none. Throws if a new number
   * cannot be written down. An account has no other groups, whatever the machine says of the user:
   * one of them may be that of the engine's socket.
   */
  of(owner: string): RunAs | string {
    const { named } = this.#options
    if (!Object.hasOwn(named, owner)) {
      const uid = this.#numberOf(owner)
      return typeof uid === 'string' ? uid : { uid, gid: uid, userName: undefined }
    }
    const found = resolveUser(named[owner]!)
    if (typeof found === 'string') return `the account of ${owner}: ${found}`
    const { uid, gid } = found
    return uid === 0 || gid === 0
      ? `the account of ${owner} is root's, under which no job of an ordinary user runs`
      : { uid, gid, userName: undefined }
  }

  #numberOf(owner: string): number | string {
    const { file, firstUid, count } = this.#options
    // Read each time: another driver of this server may have added to it.
    const known = readNumbers(file)
    const own = known.get(owner)
    if (own !== undefined) return own
    const taken = new Set(known.values())
    let uid = firstUid
    while (taken.has(uid)) uid++
    if (uid >= firstUid + count) return `all ${count} accounts from ${firstUid} on are taken`
    const text = JSON.stringify(Object.fromEntries([...known, [owner, uid]]), undefined, 2)
    writePrivateFile(file, `${text}\n`)
    return uid
  }
}

function readNumbers(file: string): Map<string, number> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
  const entries = Object.entries(JSON.parse(text) as Record<string, unknown>)
  const isWhole = entries.every((entry): entry is [string, number] => Number.isSafeInteger(entry[1]) && entry[1] !== 0)
  if (!isWhole) throw new Error(`${file} is damaged: it must hold a number for each user`)
  return new Map(entries as [string, number][])
}
