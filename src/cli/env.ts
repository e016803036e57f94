/**
 * `openbatch env` prints the variables that point AWS clients at this server, as lines for a shell
 * to evaluate.
 */
import type { Command } from 'commander'
import { shellWord } from '../ground/shell-word.ts'
import { addDataDirOption, readableDataDirOf } from './data-dir.ts'
import { isServerRunning, readServerFile } from './server-file.ts'
import { findUser } from './sign-in.ts'
import type { Terminal } from './terminal.ts'

/** The configuration's own defaults, for a server that never ran. */
const defaultEndpoint = 'http://127.0.0.1:8642'
const defaultRegion = 'us-west-2'

/** Left over from another login, these would override the key or invalidate it. */
const inTheWay = ['AWS_SESSION_TOKEN', 'AWS_PROFILE']

export function buildEnv(verb: Command, terminal: Terminal): void {
  verb.option('--user <name>', 'whose key to use (default: the first administrator’s)')
  addDataDirOption(verb).action((options: { user?: string; dataDir?: string }) => {
    const dataDir = readableDataDirOf(options, terminal.env)
    const user = findUser(dataDir, options.user, terminal)
    const server = readServerFile(dataDir)
    if (!server || !isServerRunning(server)) terminal.warn(`openbatch: no server is running on ${dataDir}\n`)
    const outside = server?.objectStore
    if (outside)
      terminal.warn(`openbatch: objects are in the store at ${outside.endpoint}, which takes keys of its own\n`)
    const variables = {
      AWS_ENDPOINT_URL: server?.endpoint ?? defaultEndpoint,
      ...(outside && { AWS_ENDPOINT_URL_S3: outside.endpoint }),
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      AWS_DEFAULT_REGION: outside?.region ?? server?.region ?? terminal.env.OPENBATCH_REGION ?? defaultRegion,
      ...(server?.trustFile && { AWS_CA_BUNDLE: server.trustFile, NODE_EXTRA_CA_CERTS: server.trustFile }),
    }
    for (const [name, value] of Object.entries(variables)) terminal.write(`export ${name}=${shellWord(value)}\n`)
    for (const name of inTheWay) if (terminal.env[name] !== undefined) terminal.write(`unset ${name}\n`)
  })
}
