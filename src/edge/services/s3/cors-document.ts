/**
 * CORS rules as XML.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 */

import type { XmlMembers } from '../../../ground/xml.ts'
import { textOf, type XmlElement } from '../../../ground/xml-reader.ts'
import { limits } from '../../../model/limits.ts'
import type { CorsRule } from '../../../objects/bucket-settings.ts'
import { invalidArgument, invalidRequest, malformedXml } from './s3-errors.ts'

const methods: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD'])
const members: ReadonlySet<string> = new Set([
  ...['ID', 'AllowedOrigin', 'AllowedMethod', 'AllowedHeader', 'ExposeHeader', 'MaxAgeSeconds'],
])

/** Throws for what S3 does not take. */
export function readCorsRules(document: XmlElement): readonly CorsRule[] {
  const rules = document.children.map(readRule)
  if (rules.length === 0 || rules.length > limits.corsRules) throw malformedXml()
  const ids = rules.flatMap(({ id }) => (id === undefined ? [] : [id]))
  if (new Set(ids).size < ids.length)
    throw invalidRequest('RuleId must be unique. Found same ID for more than one rule')
  return rules
}

function readRule(rule: XmlElement): CorsRule {
  if (rule.name !== 'CORSRule' || rule.children.some(({ name }) => !members.has(name))) throw malformedXml()
  const all = (name: string) => rule.children.filter((child) => child.name === name).map(({ text }) => text.trim())
  const [allowedOrigins, allowedMethods] = [all('AllowedOrigin'), all('AllowedMethod')]
  const [allowedHeaders, exposeHeaders] = [all('AllowedHeader'), all('ExposeHeader')]
  if (allowedOrigins.length === 0 || allowedMethods.length === 0) throw malformedXml()
  checkMethods(allowedMethods)
  for (const origin of allowedOrigins) checkPattern('AllowedOrigin', origin, /^[!-~]+$/)
  for (const header of allowedHeaders) checkPattern('AllowedHeader', header, headerName)
  for (const header of exposeHeaders) checkExposed(header)
  const [id, maxAge] = [textOf(rule, 'ID'), textOf(rule, 'MaxAgeSeconds')]
  if (id !== undefined && id.length > limits.corsRuleIdLength)
    throw invalidArgument(`ID length should not exceed allowed limit of ${limits.corsRuleIdLength}`, 'ID', id)
  if (maxAge !== undefined && !/^[0-9]{1,9}$/.test(maxAge)) throw malformedXml()
  return {
    ...(id !== undefined && { id }),
    ...{ allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders },
    ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }),
  }
}

/** A token of RFC 9110 §5.6.2, in which `*` is a character too. */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function checkMethods(given: readonly string[]): void {
  const wrong = given.find((method) => !methods.has(method))
  if (wrong === undefined) return
  const shown = wrong.slice(0, 100)
  throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${shown}`)
}

function checkPattern(member: string, pattern: string, form: RegExp): void {
  if (!form.test(pattern)) throw malformedXml()
  if (pattern.split('*').length > 2)
    throw invalidRequest(`${member} "${pattern.slice(0, 255)}" can not have more than one wildcard.`)
}

function checkExposed(header: string): void {
  if (!headerName.test(header)) throw malformedXml()
  if (header.includes('*'))
    throw invalidRequest(
      `ExposeHeader "${header.slice(0, 255)}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
    )
}

export function corsRulesOf(rules: readonly CorsRule[]): XmlMembers {
  return {
    CORSRule: rules.map((rule) => ({
      ID: rule.id,
      AllowedHeader: rule.allowedHeaders,
      AllowedMethod: rule.allowedMethods,
      AllowedOrigin: rule.allowedOrigins,
      ExposeHeader: rule.exposeHeaders,
      MaxAgeSeconds: rule.maxAgeSeconds,
    })),
  }
}
