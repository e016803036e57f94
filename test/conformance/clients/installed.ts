/**
 * The installed clients: Debian's, and the newest of PyPI in a virtual environment under `.cache`,
 * made once.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/built.ts'

export interface Installed {
  /** The folder of the right `aws`. First on PATH, it is what a user types. */
  readonly commandFolder: string
  readonly python: string
}

const folder = join(root, '.cache', 'clients')

/** The newest AWS CLI 1 and boto3, as `aws` and `python3`. They read `AWS_ENDPOINT_URL`. */
export function newestClients(): Installed {
  debian('python3-venv', 'jq', 'faketime')
  const environment = join(folder, 'newest')
  mkdirSync(folder, { recursive: true })
  // Files of tests that run side by side ask at the same time: the first installs, the others wait for it.
  const install = `test -e "$0/installed" || { rm -rf "$0" && /usr/bin/python3 -m venv "$0" &&
    "$0/bin/pip" install --quiet --disable-pip-version-check awscli boto3 && touch "$0/installed"; }`
  run('flock', [`${environment}.lock`, 'sh', '-c', install, environment])
  return { commandFolder: join(environment, 'bin'), python: join(environment, 'bin', 'python3') }
}

/**
 * Those of Debian 12, which are older than `AWS_ENDPOINT_URL`. Their users type `--endpoint-url`;
 * here a script called `aws` adds it.
 */
export function debianClients(): Installed {
  debian('awscli', 'python3-boto3', 'jq', 'faketime')
  const commandFolder = join(folder, 'debian')
  mkdirSync(commandFolder, { recursive: true })
  const script = '#!/bin/sh\nexec /usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n'
  const command = join(commandFolder, 'aws')
  // Written once: another file's client may be reading it.
  if (!existsSync(command) || readFileSync(command, 'utf8') !== script) {
    writeFileSync(`${command}.${process.pid}`, script, { mode: 0o755 })
    renameSync(`${command}.${process.pid}`, command)
  }
  return { commandFolder, python: '/usr/bin/python3' }
}

/** `aws-cli/2.9.19 Python/3.11.2 …` → `aws-cli/2.9.19`. */
export function cliVersion({ commandFolder }: Installed): string {
  const env = { PATH: '/usr/bin:/bin', AWS_ENDPOINT_URL: 'http://127.0.0.1' }
  return run(join(commandFolder, 'aws'), ['--version'], env).split(' ')[0]!
}

export function boto3Version({ python }: Installed): string {
  return `boto3/${run(python, ['-c', 'import boto3; print(boto3.__version__)']).trim()}`
}

/** Installs packages of Debian that `scripts/debian-packages.mjs` lists. */
export function debian(...packages: string[]): void {
  run(process.execPath, [join(root, 'scripts', 'debian-packages.mjs'), ...packages])
}

function run(command: string, args: string[], env?: Record<string, string>): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...(env && { env }) })
}
