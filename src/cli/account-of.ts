/**
 * Works as the account of a server. An administrator runs commands as root, who may read and write
 * everywhere; the server may not.
 */
import { statSync } from 'node:fs'

/** The account is the owner of the data directory. Only root changes its own. */
export async function asAccountOf<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const { uid, gid } = statSync(dataDir)
  if (process.geteuid?.() !== 0 || uid === 0) return work()
  const [groups, ownGid] = [process.getgroups!(), process.getegid!()]
  takeGroupsOf(uid, gid)
  process.setegid!(gid)
  process.seteuid!(uid)
  try {
    return await work()
  } finally {
    process.seteuid!(0)
    process.setegid!(ownGid)
    process.setgroups!(groups)
  }
}

function takeGroupsOf(uid: number, gid: number): void {
  try {
    // Not in the types of Node.
    const { initgroups } = process as unknown as { initgroups(user: number, extraGroup: number): void }
    initgroups(uid, gid)
  } catch {
    // The account has no name here.
    process.setgroups!([gid])
  }
}
