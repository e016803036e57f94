/** Copies the identities and the keys that seal their secrets, so that these open those. */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { identitiesName, sealingKeysName } from '../layout.ts'
import { BackupProblem } from './backup-problem.ts'
import { copyDatabase } from './copy-database.ts'
import { copyFile, hashFile } from './copy-file.ts'
import type { BackupFile } from './manifest.ts'

const triesMax = 5

/** Nothing for a directory of a version that kept no identities. */
export async function copyIdentities(dataDir: string, to: string): Promise<BackupFile[]> {
  const path = (name: string) => join(dataDir, name)
  if (![identitiesName, sealingKeysName].every((name) => existsSync(path(name)))) return []
  const [identities, sealingKeys] = [join(to, identitiesName), join(to, sealingKeysName)]
  for (let tries = 0; tries < triesMax; tries++) {
    for (const file of [identities, sealingKeys]) rmSync(file, { force: true })
    const keys = copyFile(path(sealingKeysName), sealingKeys, sealingKeysName)
    await copyDatabase(path(identitiesName), identities)
    chmodSync(identities, 0o600)
    // Keys that were replaced meanwhile are not those of the copy.
    if (hashFile(path(sealingKeysName), sealingKeysName).sha256 === keys.sha256)
      return [hashFile(identities, identitiesName), keys]
  }
  throw new BackupProblem('the sealing keys are replaced all the time: try again later')
}
