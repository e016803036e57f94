/** `aws configure set` and `get`. */
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { wholeFile } from './downloads.ts'
import { exitCodes, Failure, notSupplied, wrongUsage } from './failure.ts'
import { withSetting } from './ini.ts'
import type { Services } from './services.ts'

const keys = new Set(['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'])

export async function runConfigure(
  verb: string | undefined,
  words: readonly string[],
  services: Services,
): Promise<number> {
  if (verb === 'get') return get(words, services)
  if (verb === 'set') return set(words, services)
  throw notSupplied(verb === undefined ? 'the dialogue of configure' : `configure ${verb}`)
}

/** Answers 1, and prints nothing, for a name that is not set. */
function get(words: readonly string[], { settings, output }: Services): number {
  const [name] = words
  if (name === undefined) throw wrongUsage('the following arguments are required: varname')
  const [first, second] = name.split('.')
  const table = second === undefined ? undefined : settings.profile()[first!]
  const value = second === undefined ? settings.ofProfile(name) : typeof table === 'object' ? table[second] : undefined
  if (value === undefined) return 1
  output.line(value)
  return 0
}

/** Keys go to the one file and all else to the other. Nobody but the user may read either. */
async function set(words: readonly string[], { settings }: Services): Promise<number> {
  const [given, value] = words
  if (given === undefined || value === undefined)
    throw wrongUsage('the following arguments are required: varname, value')
  if (/[\r\n]/.test(`${given}${value}`)) throw wrongUsage('a setting is one line')
  const { name, profile = settings.namedProfile ?? 'default' } = placeOf(given)
  const file = keys.has(name) ? 'credentials' : 'config'
  const path = settings.path(file)
  if (path === undefined) throw new Failure('there is no home directory to write to: set HOME', exitCodes.configuration)
  const head = file === 'credentials' || profile === 'default' ? profile : `profile ${profile}`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return ''
  })
  const after = Buffer.from(withSetting(before, head, name, value))
  await wholeFile(path, { into: (file) => file.writeFile(after), along: (take) => take(after), mode: 0o600 })
  return 0
}

/**
 * `default.region` and `profile.NAME.region` name a profile, as in the AWS CLI; `s3.NAME` is a
 * setting of a table, in any of them.
 */
function placeOf(given: string): { readonly name: string; readonly profile?: string } {
  const parts = given.split('.')
  const leading = parts[0] === 'default' && parts.length > 1 ? 1 : parts[0] === 'profile' ? 2 : 0
  const rest = parts.slice(leading)
  if (parts.includes('') || rest.length === 0 || rest.length > 2) throw notSupplied(`configure set ${given}`)
  return { name: rest.join('.'), ...(leading > 0 && { profile: parts[leading - 1]! }) }
}
