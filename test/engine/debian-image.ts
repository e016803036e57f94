/**
 * Images with Debian's Python, made of this machine's own packages without a registry: what a lab's
 * image for a client in Python has, and folders of this machine under their own paths.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { importImage } from './base-image.ts'

const run = promisify(execFile)
const output = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const

const wanted = [
  ...['base-files', 'bash', 'busybox-static', 'ca-certificates', 'coreutils', 'dash', 'findutils', 'grep', 'gzip'],
  ...['libc-bin', 'mawk', 'procps', 'python3', 'python3-distutils', 'sed', 'tar', 'util-linux'],
]
/** Large, and nobody reads them in an image. */
const leftOut = /^\/usr\/share\/(doc|man|locale|info|i18n|perl|bash-completion|gcc)\//

export interface DebianImage {
  readonly reference: string
  /** Of this machine, copied to the same paths. */
  readonly folders: readonly string[]
  /** Further files, by path. */
  readonly files?: Readonly<Record<string, string>>
  /** As in a Dockerfile. */
  readonly changes: readonly string[]
}

export async function loadDebianImage(socketPath: string, image: DebianImage): Promise<void> {
  const overlay = await mkdtemp(join(tmpdir(), 'openbatch-debian-'))
  try {
    for (const name of ['bin', 'lib', 'lib64', 'sbin']) await symlink(`usr/${name}`, join(overlay, name))
    for (const name of ['etc', 'tmp', 'root', 'home', 'usr/bin', 'var/lib']) {
      await mkdir(join(overlay, name), { recursive: true, mode: name === 'tmp' ? 0o1777 : 0o755 })
    }
    await symlink('mawk', join(overlay, 'usr/bin/awk'))
    await symlink('busybox', join(overlay, 'usr/bin/unzip'))
    const users = 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/home:/bin/bash\n'
    const files = { '/etc/passwd': users, '/etc/group': 'root:x:0:\nnogroup:x:65534:\n', ...image.files }
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(overlay, path)), { recursive: true })
      await writeFile(join(overlay, path), text, { mode: 0o755 })
    }
    await run('chmod', ['1777', join(overlay, 'tmp')])
    const paths = [...(await filesOfPackages()), ...image.folders].map((path) => path.slice(1))
    await importImage(socketPath, await tarOf(overlay, paths), image.reference, image.changes)
  } finally {
    await rm(overlay, { recursive: true, force: true })
  }
}

/** The overlay first, for its links in place of the root's folders, then files of this machine. */
async function tarOf(overlay: string, paths: readonly string[]): Promise<Buffer> {
  const args = ['-c', '-C', overlay, '.', '-C', '/', '--exclude=__pycache__', '--null', '-T', '-']
  const child = spawn('tar', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stdin.end(paths.join('\0'))
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`tar ended with ${code}`))))
  })
  return Buffer.concat(chunks)
}

/** The packages and all they depend on, under the paths that have no links in them. */
async function filesOfPackages(): Promise<string[]> {
  const packages = await withDependencies(wanted)
  const { stdout } = await run('dpkg', ['-L', ...packages], output)
  const folders = new Map<string, string>()
  const files = new Set<string>()
  for (const path of stdout.split('\n')) {
    if (!path.startsWith('/') || path === '/.' || leftOut.test(path)) continue
    const folder = dirname(path)
    // The overlay has the links of the root.
    if (folder === '/') continue
    if (!folders.has(folder)) folders.set(folder, await realpath(folder).catch(() => ''))
    if (folders.get(folder) !== '') files.add(join(folders.get(folder)!, path.slice(folder.length)))
  }
  const { stdout: kinds } = await run('find', [...files, '-maxdepth', '0', '!', '-type', 'd', '-print'], output).catch(
    ({ stdout: found }: { stdout: string }) => ({ stdout: found }),
  )
  return kinds.split('\n').filter((path) => path !== '')
}

async function withDependencies(names: readonly string[]): Promise<string[]> {
  const installed = new Map<string, string[]>()
  const status = await readFile('/var/lib/dpkg/status', 'utf8')
  for (const paragraph of status.split('\n\n')) {
    const name = /^Package: (.+)$/m.exec(paragraph)?.[1]
    if (name === undefined || !/^Status: install ok installed$/m.test(paragraph)) continue
    const depends = [...paragraph.matchAll(/^(?:Pre-)?Depends: (.+)$/gm)].flatMap(([, list]) => list!.split(','))
    installed.set(
      name,
      depends.flatMap((choice) => choice.split('|').map((it) => it.trim().split(/[ :(]/)[0]!)),
    )
  }
  const all = new Set<string>()
  const visit = (name: string) => {
    if (all.has(name) || !installed.has(name)) return
    all.add(name)
    for (const next of installed.get(name)!) visit(next)
  }
  for (const name of names) visit(name)
  return [...all]
}
