/**
 * The machine that this server runs on. Drivers that offer all of it name it, so that it is not
 * promised once by each.
 */
import { readFileSync } from 'node:fs'
import { hostname, release, totalmem } from 'node:os'

/** The same for every driver of this server as long as the machine is up. */
export function thisMachine(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return hostname()
  }
}

/**
 * Whether an engine that reports this host through a local socket runs on this machine: one kernel
 * gives both the same answers.
 */
export function isThisMachine(host: { readonly kernel: string | undefined; readonly memoryBytes: number }): boolean {
  return host.kernel === release() && host.memoryBytes === totalmem()
}
