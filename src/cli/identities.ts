/** Opens the identities of a data directory for a verb. */
import { existsSync } from 'node:fs'
import { identitiesPath } from '../access/identities/identity-directory.ts'
import { usersFilePath } from '../access/identities/take-over-users-file.ts'
import { openUsers, type Users } from '../access/users.ts'
import { isServerRunning, readServerFile } from './server-file.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

/** Makes the identities if there are none. Throws `CommandFailure` while a server of an older version uses the users. */
export function usersOf(dataDir: string, { now }: Pick<Terminal, 'now'>): Users {
  const server = readServerFile(dataDir)
  // A server of this version takes the file over before it says where it is.
  if (existsSync(usersFilePath(dataDir)) && server && isServerRunning(server)) {
    throw new CommandFailure(`a server of an older version runs on ${dataDir}: stop it, and start this version first`)
  }
  return openUsers(dataDir, now())
}

/** Whether somebody is known there. A verb that only reads makes no files. */
export function hasIdentities(dataDir: string): boolean {
  return existsSync(identitiesPath(dataDir)) || existsSync(usersFilePath(dataDir))
}
