import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { engineJson } from './engine-http.ts'

/**
 * `busybox:local`, the one image that most engine tests run: Debian's static busybox under all its
 * names, without a registry.
 */

const run = promisify(execFile)

export const baseImage = 'busybox:local'

export async function loadBaseImage(socketPath: string): Promise<void> {
  await importImage(socketPath, await baseRootTar(), baseImage, ['CMD ["sh"]'])
}

/** The root of `busybox:local`, for images made from it with other settings. */
export async function baseRootTar(): Promise<Buffer> {
  const root = await mkdtemp(join(tmpdir(), 'openbatch-busybox-'))
  try {
    for (const folder of ['bin', 'etc', 'tmp', 'root', 'home']) await mkdir(join(root, folder))
    await chmod(join(root, 'tmp'), 0o1777)
    await copyFile('/bin/busybox', join(root, 'bin/busybox'))
    await chmod(join(root, 'bin/busybox'), 0o755)
    const { stdout } = await run('/bin/busybox', ['--list'])
    for (const applet of stdout.split('\n')) {
      if (applet !== '' && applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet))
    }
    const users = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/sh\n'
    await writeFile(join(root, 'etc/passwd'), users)
    await writeFile(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
    const { stdout: tar } = await run('tar', ['-C', root, '-c', '.'], {
      encoding: 'buffer',
      maxBuffer: 64 * 1024 * 1024,
    })
    return tar
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/**
 * Makes an image of one layer from a tar of its root; `changes` as in a Dockerfile (`USER nobody`,
 * `ENTRYPOINT …`).
 */
export async function importImage(
  socketPath: string,
  tar: Buffer,
  reference: string,
  changes: readonly string[],
): Promise<void> {
  const colon = reference.lastIndexOf(':')
  const query = new URLSearchParams({ fromSrc: '-', repo: reference.slice(0, colon), tag: reference.slice(colon + 1) })
  for (const change of changes) query.append('changes', change)
  await engineJson(socketPath, 'POST', `/images/create?${query}`, tar)
}
