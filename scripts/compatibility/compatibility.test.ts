/** Compares the hand-written table with AWS's shapes, both ways. */
import { describe, expect, test } from 'vitest'
import { parseLine, statuses } from './line.ts'
import { lines } from './lines.ts'
import { membersOf, type Service, structuresWithLines } from './shapes.ts'

describe.each<Service>(['batch', 'logs'])('%s', (service) => {
  const needed = structuresWithLines(service, lines[service])
  const inShapes = needed.flatMap((structure) =>
    membersOf(service, structure).map((member) => `${structure}.${member}`),
  )
  const inTable = Object.entries(lines[service]).flatMap(([structure, members]) =>
    Object.entries(members).map(([member, line]) => ({ place: `${structure}.${member}`, ...parseLine(line) })),
  )

  test('every member has a line', () => {
    const known = new Set(inTable.map(({ place }) => place))
    expect(inShapes.filter((place) => !known.has(place))).toEqual([])
  })

  test('every line has a member', () => {
    const known = new Set(inShapes)
    expect(inTable.map(({ place }) => place).filter((place) => !known.has(place))).toEqual([])
  })

  test('a line that is partial or refused has an explanation', () => {
    const silent = inTable.filter(({ status, note }) => (status === 'partial' || status === 'refused') && note === '')
    expect(silent).toEqual([])
    expect(inTable.filter(({ status }) => !Object.hasOwn(statuses, status))).toEqual([])
  })
})
