/**
 * Results as a picture: utilisation over time, jobs waiting over time, and how long jobs waited.
 * Plain SVG text.
 */
import type { Results } from './results.ts'
import { duration, figure } from './table.ts'

interface Line {
  readonly label: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

interface Axis {
  readonly title: string
  /** Where a value lies on the axis, 0 to 1. */
  readonly place: (value: number) => number
  readonly marks: readonly { readonly at: number; readonly label: string }[]
}

/**
 * Okabe and Ito's colours, which colour-blind readers can distinguish. Lines beyond the number of
 * colours are dashed.
 */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000']

/** Points of a curve over time. More would only shiver. */
const pointsMax = 96
const width = 860
const left = 78
const right = 24
const panelHeight = 210
const panelGap = 74
const top = 80

export function picture(name: string, all: readonly Results[]): string {
  const hours = all.map(({ window }) => window)
  const time = timeAxis(Math.min(...hours.map((it) => it.fromHour)), Math.max(...hours.map((it) => it.toHour)))
  const overTime = (curve: (results: Results) => readonly number[]) =>
    all.map((results): Line => {
      const { window, curves } = results
      const values = curve(results)
      const together = Math.ceil(values.length / pointsMax)
      const points = Array.from({ length: Math.ceil(values.length / together) }, (_, at): [number, number] => {
        const part = values.slice(at * together, (at + 1) * together)
        const hour = window.fromHour + (at * together + part.length / 2) * curves.spanHours
        return [Math.min(window.toHour, hour), part.reduce((sum, it) => sum + it, 0) / part.length]
      })
      return { label: labelOf(results), points }
    })
  const utilisation = overTime(({ curves }) => curves.utilisation)
  const waiting = overTime(({ curves }) => curves.jobsWaiting)
  const waits = waitLines(all)
  const parts = linear(0, 1, (it) => `${Math.round(it * 100)} %`)
  const panels = [
    panel('vCPUs in use', utilisation, time, parts),
    panel('jobs waiting', waiting, time, linear(0, Math.max(1, ...heights(waiting)), figure)),
    panel('jobs that had started by then', waits, waitAxis(waits), parts),
  ]
  const height = top + panels.length * (panelHeight + panelGap)
  const body = panels.map(
    (text, at) => `<g transform="translate(0 ${top + at * (panelHeight + panelGap)})">${text}</g>\n`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#222">\n`,
    `<title>${escaped(name)}</title>\n<rect width="${width}" height="${height}" fill="#fff"/>\n`,
    `<text x="${left}" y="26" font-size="16">${escaped(name)}</text>\n`,
    ...body,
    '</svg>\n',
  ].join('')
}

/** A line for each queue of each variant. */
function waitLines(all: readonly Results[]): Line[] {
  return all.flatMap((results) => {
    const queues = Object.entries(results.queues).filter(([, { waits }]) => waits.jobs > 0)
    return queues.map(([queue, { waitPercentiles }]): Line => {
      const label =
        all.length > 1 ? [labelOf(results), queues.length > 1 ? queue : ''].filter(Boolean).join(', ') : queue
      return { label, points: waitPercentiles.map((seconds, percent) => [Math.max(1, seconds), percent / 100]) }
    })
  })
}

function labelOf({ variant, seed }: Results): string {
  return variant || `seed ${seed}`
}

function heights(lines: readonly Line[]): number[] {
  return lines.flatMap(({ points }) => points.map(([, y]) => y))
}

function panel(title: string, lines: readonly Line[], x: Axis, y: Axis): string {
  const inner = width - left - right
  const px = (at: number) => (left + at * inner).toFixed(1)
  const py = (at: number) => ((1 - at) * panelHeight).toFixed(1)
  const parts = [`<text x="${left}" y="-26" font-size="13" font-weight="bold">${escaped(title)}</text>\n`]
  for (const { at, label } of y.marks)
    parts.push(
      `<path d="M${left} ${py(at)}H${width - right}" stroke="#ddd"/>`,
      `<text x="${left - 8}" y="${(Number(py(at)) + 4).toFixed(1)}" text-anchor="end">${escaped(label)}</text>\n`,
    )
  for (const { at, label } of x.marks)
    parts.push(
      `<path d="M${px(at)} ${panelHeight}v5" stroke="#888"/>`,
      `<text x="${px(at)}" y="${panelHeight + 19}" text-anchor="middle">${escaped(label)}</text>\n`,
    )
  parts.push(
    `<path d="M${left} 0V${panelHeight}H${width - right}" fill="none" stroke="#888"/>\n`,
    `<text x="${width - right}" y="${panelHeight + 34}" text-anchor="end" fill="#666">${escaped(x.title)}</text>\n`,
  )
  const column = Math.min(190, inner / Math.max(1, lines.length))
  for (const [at, { label, points }] of lines.entries()) {
    const colour = colours[at % colours.length]!
    const dash = at >= colours.length ? ' stroke-dasharray="5 3"' : ''
    const path = points.map((point, index) => {
      return `${index === 0 ? 'M' : 'L'}${px(x.place(point[0]))} ${py(y.place(point[1]))}`
    })
    parts.push(`<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="1.6"${dash}/>\n`)
    const legendX = left + at * column
    parts.push(
      `<path d="M${legendX} -12h18" stroke="${colour}" stroke-width="3"${dash}/>`,
      `<text x="${legendX + 24}" y="-8">${escaped(label)}</text>\n`,
    )
  }
  return parts.join('')
}

/** Marks at hours that divide the day, or at whole days. */
function timeAxis(from: number, to: number): Axis {
  const steps = [0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168, 720]
  const step = steps.find((it) => (to - from) / it <= 12) ?? 8760
  const place = (hour: number) => (hour - from) / (to - from)
  const first = Math.ceil(from / step)
  const values = Array.from({ length: Math.floor(to / step) - first + 1 }, (_, at) => (first + at) * step)
  return { title: 'hour', place, marks: values.map((hour) => ({ at: place(hour), label: figure(hour) })) }
}

/** Marks at round values. */
function linear(from: number, to: number, label: (value: number) => string): Axis {
  const rough = (to - from) / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 2.5, 5, 10].find((it) => it * power >= rough) ?? 10)
  const first = Math.ceil(from / step)
  const place = (value: number) => Math.min(1, Math.max(0, (value - from) / (to - from)))
  const values = Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, at) => (first + at) * step)
  return { title: '', place, marks: values.map((value) => ({ at: place(value), label: label(value) })) }
}

/** Logarithmic, from one second on. */
function waitAxis(lines: readonly Line[]): Axis {
  const longest = Math.max(60, ...lines.flatMap(({ points }) => points.map(([seconds]) => seconds)))
  const place = (seconds: number) => Math.log(Math.max(1, seconds)) / Math.log(longest)
  const values = [1, 10, 60, 600, 3600, 36_000, 172_800, 864_000].filter((value) => value <= longest)
  return {
    title: 'wait, logarithmic; 1 s stands for anything shorter too',
    place,
    marks: values.map((value) => ({ at: place(value), label: duration(value) })),
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
