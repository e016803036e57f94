/** The key of the administrator that a first start made, read as `openbatch env` reads it. */
import { IdentityDirectory } from '../../src/access/identities/identity-directory.ts'
import { Users } from '../../src/access/users.ts'

export function administratorOf(dataDir: string): { readonly accessKeyId: string; readonly secretAccessKey: string } {
  const directory = new IdentityDirectory(dataDir, Date.now())
  try {
    const users = new Users(directory)
    const administrator = users.list().find(({ role, key }) => role === 'admin' && key)
    if (!administrator) throw new Error('the first start made no administrator')
    return { accessKeyId: administrator.key!.accessKeyId, secretAccessKey: users.secretOf(administrator) }
  } finally {
    directory.close()
  }
}
