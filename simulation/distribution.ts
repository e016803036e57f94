/** Varying amounts: their form in a scenario, and a value drawn from them. */
import { type Static, Type } from 'typebox'
import { exponential, normal, type Random } from './random.ts'

const strict = { additionalProperties: false } as const
const bounds = { min: Type.Optional(Type.Number()), max: Type.Optional(Type.Number()) }

export const DistributionSchema = Type.Union(
  [
    Type.Number(),
    Type.Object({ uniform: Type.Tuple([Type.Number(), Type.Number()]), ...bounds }, strict),
    Type.Object({ exponential: Type.Number({ exclusiveMinimum: 0 }), ...bounds }, strict),
    Type.Object(
      {
        lognormal: Type.Object(
          { median: Type.Number({ exclusiveMinimum: 0 }), sigma: Type.Number({ minimum: 0 }) },
          strict,
        ),
        ...bounds,
      },
      strict,
    ),
    Type.Object({ choose: Type.Record(Type.String(), Type.Number({ minimum: 0 })), ...bounds }, strict),
  ],
  {
    description:
      'a number, or a map with one of uniform: [FROM, TO], exponential: MEAN, lognormal: {median, sigma}, choose: {VALUE: WEIGHT, …}, and min and max if wanted',
  },
)

export type Distribution = Static<typeof DistributionSchema>

/** What is wrong with it beyond its form. */
export function problemOf(distribution: Distribution): string | undefined {
  if (typeof distribution === 'number') return undefined
  const { min, max } = distribution
  if (min !== undefined && max !== undefined && min > max) return `min, ${min}, is above max, ${max}`
  if ('uniform' in distribution && distribution.uniform[0] > distribution.uniform[1])
    return `uniform goes from ${distribution.uniform[0]} down to ${distribution.uniform[1]}`
  if (!('choose' in distribution)) return undefined
  const entries = Object.entries(distribution.choose)
  const wrong = entries.find(([value]) => value.trim() === '' || !Number.isFinite(Number(value)))
  if (wrong) return `${wrong[0]} is not a number`
  return entries.some(([, weight]) => weight > 0) ? undefined : 'one weight must be above 0'
}

/**
 * The values that are written in a number or in `choose`; none for amounts that vary continuously.
 */
export function valuesOf(distribution: Distribution): number[] {
  if (typeof distribution === 'number') return [distribution]
  return 'choose' in distribution ? Object.keys(distribution.choose).map(Number) : []
}

export function draw(distribution: Distribution, random: Random): number {
  if (typeof distribution === 'number') return distribution
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = distribution
  return Math.min(max, Math.max(min, unbounded(distribution, random)))
}

function unbounded(distribution: Exclude<Distribution, number>, random: Random): number {
  if ('uniform' in distribution) {
    const [from, to] = distribution.uniform
    return from + (to - from) * random.next()
  }
  if ('exponential' in distribution) return distribution.exponential * exponential(random)
  if ('lognormal' in distribution)
    return distribution.lognormal.median * Math.exp(distribution.lognormal.sigma * normal(random))
  return choose(distribution.choose, random)
}

function choose(weights: Readonly<Record<string, number>>, random: Random): number {
  const entries = Object.entries(weights)
  let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [value, weight] of entries) {
    left -= weight
    if (left < 0) return Number(value)
  }
  return Number(entries.at(-1)![0])
}
