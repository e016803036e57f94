/**
 * Makes the package from the checkout's files in separate folders, and installs it as a user does.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Packed {
  readonly tarball: string
  /** The paths of its files, relative to its root. */
  readonly paths: readonly string[]
}

/**
 * Compiles and packs a copy of the files under version control, with their changes. The checkout's
 * own `dist` may hold files whose sources are gone, and is not touched.
 */
export function pack(root: string, folder: string): Packed {
  const copy = join(folder, 'copy')
  for (const path of checkedIn(root)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    cpSync(join(root, path), join(copy, path), { verbatimSymlinks: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  npm(copy, 'run', '--silent', 'build')
  const [packed] = JSON.parse(npm(copy, 'pack', '--json', '--pack-destination', folder)) as [
    { filename: string; files: { path: string }[] },
  ]
  return { tarball: join(folder, packed.filename), paths: packed.files.map(({ path }) => path) }
}

function checkedIn(root: string): string[] {
  const options = ['--cached', '--others', '--exclude-standard', '-z']
  return execFileSync('git', ['ls-files', ...options], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)))
}

/**
 * Installs the tarball into an empty folder, with its dependencies from npm's cache or the
 * registry. Returns the path of its command.
 */
export function install(tarball: string, folder: string): string {
  mkdirSync(folder)
  npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball)
  const command = join(folder, 'node_modules', '.bin', 'openbatch')
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', 'openbatch', 'package.json'), 'utf8'))
  const told = execFileSync(command, ['--version'], { encoding: 'utf8' }).trim()
  if (told !== version) throw new Error(`the installed command says that it is ${told}, and its package ${version}`)
  return command
}

function npm(folder: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
