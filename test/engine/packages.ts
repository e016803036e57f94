import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Installs what a test engine is made of, on a Debian machine where it is missing. */

const run = promisify(execFile)

/** Debian package → a program that shows it is there. */
const needed = {
  'docker.io': '/usr/sbin/dockerd',
  iptables: '/usr/sbin/iptables',
  'busybox-static': '/bin/busybox',
  'docker-registry': '/usr/bin/docker-registry',
}

/** Held while apt works, so that callers in several processes wait for each other. */
const lockFile = '/var/lock/openbatch-test-packages'

/** Throws with what is missing and why it could not be had. */
export async function installEnginePackages(): Promise<void> {
  if ((await missing()).length === 0) return
  const names = (await missing()).join(' ')
  if (process.getuid?.() !== 0)
    throw new Error(`an engine needs the Debian packages ${names}; only root can install them`)
  // The daemon that the package brings must not be started: the tests start their own.
  const script = `test -x /usr/sbin/policy-rc.d || { printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d; trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
    apt-get update -qq && apt-get install -y -qq --no-install-recommends ${names}`
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await run('flock', [lockFile, 'sh', '-c', script], { env, timeout: 600_000, maxBuffer: 16 * 1024 * 1024 })
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    throw new Error(`the Debian packages ${names} could not be installed: ${stderr.trim().slice(-500) || message}`)
  }
  const still = await missing()
  if (still.length > 0) throw new Error(`installed, and yet not there: ${still.join(' ')}`)
}

async function missing(): Promise<string[]> {
  const names: string[] = []
  for (const [name, program] of Object.entries(needed)) {
    await access(program, constants.X_OK).catch(() => names.push(name))
  }
  return names
}
