/**
 * The Debian packages that tests need, in one place, and their installation: `node
 * scripts/debian-packages.mjs [package …]`. Skips installed packages. Installs the others as root,
 * and otherwise fails and names the missing ones. Plain JavaScript for Node 18 and later, because
 * it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Each package with a file that shows its presence, and its purpose. */
export const debianPackages = {
  'docker.io': { shownBy: '/usr/sbin/dockerd', use: 'the container engine of the Docker tests' },
  iptables: { shownBy: '/usr/sbin/iptables', use: 'the container engine' },
  'busybox-static': { shownBy: '/bin/busybox', use: 'the image of the Docker tests' },
  'docker-registry': { shownBy: '/usr/bin/docker-registry', use: 'the registry the Docker tests pull from' },
  awscli: { shownBy: '/usr/bin/aws', use: 'the AWS CLI 2 of Debian' },
  'python3-boto3': { shownBy: '/usr/lib/python3/dist-packages/boto3/__init__.py', use: 'the boto3 of Debian' },
  'python3-venv': {
    shownBy: '/usr/share/doc/python3-venv',
    use: 'the newest AWS CLI and boto3, beside those of Debian',
  },
  faketime: { shownBy: '/usr/bin/faketime', use: 'clients whose clock is wrong' },
  iproute2: { shownBy: '/usr/sbin/ip', use: 'networks of their own' },
  rclone: { shownBy: '/usr/bin/rclone', use: 'a client of objects' },
  s3cmd: { shownBy: '/usr/bin/s3cmd', use: 'a client of objects' },
  jq: { shownBy: '/usr/bin/jq', use: 'the commands of the documentation' },
  procps: { shownBy: '/usr/bin/ps', use: 'looking for processes left behind' },
}

/** Held while apt works, so that callers in several processes wait for each other. */
const lockFile = '/var/lock/openbatch-test-packages'

export function missingPackages(names = Object.keys(debianPackages)) {
  return names.filter((name) => !existsSync(debianPackages[name].shownBy))
}

/** Throws with the missing packages and the reason. */
export function installPackages(names = Object.keys(debianPackages)) {
  const missing = missingPackages(names)
  if (missing.length === 0) return []
  const told = missing.map((name) => `${name} (${debianPackages[name].use})`).join(', ')
  if (process.getuid?.() !== 0)
    throw new Error(`these Debian packages are missing, and only root can install them: ${told}`)
  if (!existsSync('/usr/bin/apt-get')) throw new Error(`this is not Debian, and these are missing: ${told}`)
  // Packages must not start their daemons: the tests start their own.
  const script = `test -x /usr/sbin/policy-rc.d || { printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d; trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
    apt-get update -qq && apt-get install -y -qq --no-install-recommends ${missing.join(' ')}`
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr } = spawnSync('flock', [lockFile, 'sh', '-c', script], { env, encoding: 'utf8' })
  const still = missingPackages(missing)
  if (status !== 0 || still.length > 0)
    throw new Error(`could not install ${still.join(' ') || told}:\n${`${stdout}${stderr}`.trim().slice(-1000)}`)
  return missing
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2)
  try {
    installPackages(names.length > 0 ? names : undefined)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
