/** Log configurations that write to the host, or where others’ logs are. */
import type { LogConfiguration } from '../../../model/generated/batch.ts'
import type { HostRefusal } from './refusal.ts'

/** These write into the log of the host itself. */
const driversOfHost: ReadonlySet<string> = new Set(['journald', 'syslog'])

/** `at` is the member `logConfiguration` itself. */
export function logRefusals(configuration: Partial<LogConfiguration> | undefined, at: string): HostRefusal[] {
  const { logDriver, options = {}, secretOptions = [] } = configuration ?? {}
  return [
    ...(logDriver !== undefined && driversOfHost.has(logDriver)
      ? [{ member: `${at}.logDriver`, why: `${logDriver} writes to the log of the host` }]
      : []),
    ...Object.entries(options).flatMap(([name, value]) => {
      const why = whyNotOption(name, value)
      return why === undefined ? [] : [{ member: `${at}.options.${name}`, why }]
    }),
    // The value of a secret is not known here.
    ...secretOptions.flatMap(({ name }, index) =>
      isAddress(name) || isPlace(name)
        ? [{ member: `${at}.secretOptions[${index}].name`, why: `${name} may not come from a secret` }]
        : [],
    ),
  ]
}

function whyNotOption(name: string, value: string): string | undefined {
  if (isAddress(name) && /^\s*(unix|unixgram|file|npipe|fd):/i.test(value))
    return 'it leads to a socket or file of the host'
  if (!isPlace(name)) return undefined
  const leads = value.split('/').some((segment) => segment === '..' || segment === '.')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  return leads || /[\u0000-\u001f\u007f]/.test(value) ? 'it may lead to the logs of others' : undefined
}

/** `syslog-address`, `fluentd-address`, `gelf-address`. */
function isAddress(name: string): boolean {
  return /-address$/i.test(name)
}

function isPlace(name: string): boolean {
  return name === 'awslogs-group' || name === 'awslogs-stream-prefix'
}
