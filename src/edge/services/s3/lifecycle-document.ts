/** Lifecycle rules as XML. */
import { randomBytes } from 'node:crypto'
import type { XmlMembers } from '../../../ground/xml.ts'
import { childOf, textOf, type XmlElement } from '../../../ground/xml-reader.ts'
import type {
  Expiration,
  LifecycleFilter,
  LifecycleRule,
  NoncurrentExpiration,
} from '../../../objects/lifecycle/lifecycle-rule.ts'
import type { Tags } from '../../../objects/tags.ts'
import { isoDate } from './document.ts'
import { invalidRequest, malformedXml, notImplemented } from './s3-errors.ts'

/** Throws for what is no such document, and for transitions. The rules are still to be checked. */
export function readRules(document: XmlElement): readonly LifecycleRule[] {
  const rules = document.children.map(readRule)
  if (rules.length === 0) throw malformedXml()
  return rules
}

const members = new Set([
  ...['ID', 'Status', 'Prefix', 'Filter'],
  ...['Expiration', 'NoncurrentVersionExpiration', 'AbortIncompleteMultipartUpload'],
])

function readRule(rule: XmlElement): LifecycleRule {
  if (rule.name !== 'Rule') throw malformedXml()
  const transition = rule.children.find(({ name }) => /^(Noncurrent(Version)?)?Transition$/.test(name))
  if (transition) throw notImplemented(`${transition.name} in the lifecycle rules`)
  const names = rule.children.map(({ name }) => name)
  if (new Set(names).size < names.length || !names.every((name) => members.has(name))) throw malformedXml()
  const status = textOf(rule, 'Status')
  if (status !== 'Enabled' && status !== 'Disabled') throw malformedXml()
  const [expiration, noncurrent, abort] = [
    'Expiration',
    'NoncurrentVersionExpiration',
    'AbortIncompleteMultipartUpload',
  ].map((name) => childOf(rule, name)) as [XmlElement?, XmlElement?, XmlElement?]
  return {
    id: textOf(rule, 'ID') || randomBytes(36).toString('base64url'),
    isEnabled: status === 'Enabled',
    ...readFilter(rule),
    ...(expiration && { expiration: readExpiration(expiration) }),
    ...(noncurrent && { noncurrentExpiration: readNoncurrent(noncurrent) }),
    ...(abort && { abortUploadDays: numberIn(abort, 'DaysAfterInitiation') ?? malformed() }),
  }
}

function readFilter(rule: XmlElement): Pick<LifecycleRule, 'filter' | 'form'> {
  const [prefix, filter] = [childOf(rule, 'Prefix'), childOf(rule, 'Filter')]
  if ((prefix === undefined) === (filter === undefined)) throw malformedXml()
  if (!filter) return { form: 'prefix', filter: { prefix: prefix!.text } }
  if (filter.children.length > 1) throw malformedXml()
  const and = childOf(filter, 'And')
  if (!and) return { form: 'filter', filter: readConditions(filter) }
  if (and.children.length === 0) throw malformedXml()
  return { form: 'and', filter: readConditions(and) }
}

function readConditions(around: XmlElement): LifecycleFilter {
  const names = around.children.map(({ name }) => name).filter((name) => name !== 'Tag')
  if (new Set(names).size < names.length) throw malformedXml()
  if (!names.every((name) => /^(Prefix|ObjectSizeGreaterThan|ObjectSizeLessThan)$/.test(name))) throw malformedXml()
  const prefix = childOf(around, 'Prefix')?.text
  const [sizeGreaterThan, sizeLessThan] = [
    numberIn(around, 'ObjectSizeGreaterThan'),
    numberIn(around, 'ObjectSizeLessThan'),
  ]
  const tags = readTags(around.children.filter(({ name }) => name === 'Tag'))
  return {
    ...(prefix !== undefined && { prefix }),
    ...(tags && { tags }),
    ...(sizeGreaterThan !== undefined && { sizeGreaterThan }),
    ...(sizeLessThan !== undefined && { sizeLessThan }),
  }
}

function readTags(elements: readonly XmlElement[]): Tags | undefined {
  if (elements.length === 0) return undefined
  const pairs = elements.map((tag) => [
    childOf(tag, 'Key')?.text || malformed(),
    childOf(tag, 'Value')?.text ?? malformed(),
  ])
  const tags = Object.fromEntries(pairs)
  if (Object.keys(tags).length < pairs.length) throw invalidRequest('Duplicate Tag Keys are not allowed.')
  return tags
}

function readExpiration({ children, ...element }: XmlElement): Expiration {
  // Clients write down that there is no rule for markers.
  const said = children.filter(({ name, text }) => name !== 'ExpiredObjectDeleteMarker' || text.trim() !== 'false')
  if (said.length !== 1) throw malformedXml()
  return expirationIn({ ...element, children: said })
}

function expirationIn(element: XmlElement): Expiration {
  const days = numberIn(element, 'Days')
  if (days !== undefined) return { kind: 'days', days }
  const date = textOf(element, 'Date')
  if (date !== undefined) return { kind: 'date', atMs: readDate(date) }
  if (textOf(element, 'ExpiredObjectDeleteMarker') !== 'true') throw malformedXml()
  return { kind: 'markers' }
}

function readDate(text: string): number {
  const atMs = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? malformed() : atMs
}

function readNoncurrent(element: XmlElement): NoncurrentExpiration {
  const newerVersions = numberIn(element, 'NewerNoncurrentVersions')
  return {
    days: numberIn(element, 'NoncurrentDays') ?? malformed(),
    ...(newerVersions !== undefined && { newerVersions }),
  }
}

function numberIn(element: XmlElement, name: string): number | undefined {
  const text = textOf(element, name)
  if (text === undefined) return undefined
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : malformed()
}

function malformed(): never {
  throw malformedXml()
}

/** As the rules were put. */
export function rulesOf(rules: readonly LifecycleRule[]): XmlMembers {
  return { Rule: rules.map(ruleOf) }
}

function ruleOf(rule: LifecycleRule): XmlMembers {
  const { id, isEnabled, form, filter, noncurrentExpiration, abortUploadDays } = rule
  return {
    ID: id,
    ...(form === 'prefix'
      ? { Prefix: filter.prefix }
      : { Filter: form === 'and' ? { And: conditionsOf(filter) } : conditionsOf(filter) }),
    Status: isEnabled ? 'Enabled' : 'Disabled',
    Expiration: rule.expiration && expirationOf(rule.expiration),
    NoncurrentVersionExpiration: noncurrentExpiration && {
      NoncurrentDays: noncurrentExpiration.days,
      NewerNoncurrentVersions: noncurrentExpiration.newerVersions,
    },
    AbortIncompleteMultipartUpload:
      abortUploadDays === undefined ? undefined : { DaysAfterInitiation: abortUploadDays },
  }
}

function conditionsOf({ prefix, tags = {}, sizeGreaterThan, sizeLessThan }: LifecycleFilter): XmlMembers {
  return {
    Prefix: prefix,
    Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    ObjectSizeGreaterThan: sizeGreaterThan,
    ObjectSizeLessThan: sizeLessThan,
  }
}

function expirationOf(expiration: Expiration): XmlMembers {
  if (expiration.kind === 'days') return { Days: expiration.days }
  return expiration.kind === 'date' ? { Date: isoDate(expiration.atMs) } : { ExpiredObjectDeleteMarker: true }
}
