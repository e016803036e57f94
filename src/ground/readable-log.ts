/** Turns the JSON lines of pino into lines that a person reads on a terminal. */

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warning',
  50: 'error',
  60: 'fatal',
}

/**
 * `18:29:10 warning the message key=value`, then the stack of an error. Any other line stays as it
 * is.
 */
export function readableLine(line: string): string {
  let entry: Record<string, unknown>
  try {
    entry = JSON.parse(line) as Record<string, unknown>
  } catch {
    return line
  }
  const { level, time, msg, err, ...rest } = entry
  const at = typeof time === 'number' ? clock(new Date(time)) : '        '
  const name = (levels[level as number] ?? String(level)).padEnd(7)
  const members = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  const words = [String(msg ?? ''), ...members].filter((word) => word !== '').join('  ')
  return `${at} ${name}  ${printable(words)}\n${stackOf(err)}`
}

/** In the machine's time zone, as the reader's clock shows it. */
function clock(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

function stackOf(err: unknown): string {
  if (err === undefined) return ''
  const { stack, message } = err as { stack?: string; message?: string }
  const lines = (stack ?? message ?? JSON.stringify(err)).split('\n')
  return lines.map((line) => `    ${printable(line)}\n`).join('')
}

/**
 * Logged texts may come from anybody, so control characters are taken out before they reach the
 * terminal.
 */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ')
}
