/**
 * The workflow managers from PyPI, in the versions of `requirements/`, each in a virtual
 * environment of its own under `.cache`, made once. `uv` installs them, because `pip` takes ten
 * times as long.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../support/built.ts'
import { debian } from '../clients/installed.ts'

export type ManagerName = 'airflow' | 'luigi' | 'metaflow' | 'miniwdl' | 'redun' | 'snakemake' | 'toil'

export interface InstalledManager {
  /** The folder of its commands and its `python3`. */
  readonly commands: string
  /** `luigi/3.6.0`, as pinned. */
  readonly version: string
}

const uv = 'uv==0.13.9'
const cache = join(root, '.cache', 'clients')
const requirements = fileURLToPath(new URL('./requirements/', import.meta.url))

/** What a requirement's line starts with, where it is not the manager's name. */
const packages: Partial<Record<ManagerName, string>> = {
  airflow: 'apache-airflow-providers-amazon',
  miniwdl: 'miniwdl-aws',
}

// A changed file of requirements makes the environment anew. Authorities that the machine trusts are trusted, as by pip.
const install = `cmp -s "$2" "$1/requirements.txt" || {
  test -x "$0/bin/uv" || { rm -rf "$0" && /usr/bin/python3 -m venv "$0" && "$0/bin/pip" install --quiet "$3"; }
  rm -rf "$1" && "$0/bin/uv" venv --quiet --no-config --python /usr/bin/python3 "$1" &&
  "$0/bin/uv" pip install --quiet --no-config --system-certs --python "$1/bin/python3" --requirements "$2" && cp "$2" "$1/requirements.txt"
}`

export function installedManager(manager: ManagerName): InstalledManager {
  debian('python3-venv')
  mkdirSync(cache, { recursive: true })
  const wanted = join(requirements, `${manager}.txt`)
  const place = join(cache, manager)
  // Test files that run side by side share `uv`: the first installs, the others wait for it.
  const args = [join(cache, 'uv.lock'), 'sh', '-c', install, join(cache, 'uv'), place, wanted, uv]
  // uv leaves locks in the temporary directory.
  const env = { ...process.env, TMPDIR: cache }
  execFileSync('flock', args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 480_000 })
  const name = packages[manager] ?? manager
  const pinned = new RegExp(`^${name}(?:\\[.*\\])?==(.+)$`, 'm').exec(readFileSync(wanted, 'utf8'))
  return { commands: join(place, 'bin'), version: `${name}/${pinned?.[1]}` }
}

/** A folder with the pinned wheel of one package, for jobs that install it themselves. */
export function cachedWheel(manager: ManagerName, name: string): string {
  const { commands } = installedManager(manager)
  const folder = join(cache, manager, 'wheels')
  const pinned = new RegExp(`^${name}==.+$`, 'm').exec(readFileSync(join(requirements, `${manager}.txt`), 'utf8'))![0]
  const script = 'test -d "$0" || { "$1" download --quiet --no-deps --dest "$0.new" "$2" && mv "$0.new" "$0"; }'
  execFileSync('flock', [join(cache, 'uv.lock'), 'sh', '-c', script, folder, join(commands, 'pip'), pinned], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 480_000,
  })
  return folder
}

/** Toil asks a registry for the image of its jobs unless this is in its tag. */
export function toilCommit(): string {
  const { commands } = installedManager('toil')
  const script = 'from toil.version import currentCommit; print(currentCommit)'
  return execFileSync(join(commands, 'python3'), ['-c', script], { encoding: 'utf8' }).trim()
}
