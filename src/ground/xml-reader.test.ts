/** Documents that clients of S3 send, and texts that are none. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { element, escaped } from './xml.ts'
import { firstTextOf, readXml, textOf } from './xml-reader.ts'

test('reads elements and their texts, whatever the form', () => {
  const text = `﻿<?xml version="1.0" encoding="UTF-8"?>
    <!-- a <comment> --><s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/" a='1'>
    <Key >a &lt;b&gt; &amp; &#228;&#x1F600;</Key ><Empty/><Data><![CDATA[<x>&amp;]]></Data></s3:Delete>`
  const document = readXml(text)!
  expect([document.name, document.children.map(({ name }) => name)]).toEqual(['Delete', ['Key', 'Empty', 'Data']])
  expect([textOf(document, 'Key'), textOf(document, 'Empty'), textOf(document, 'Data')]).toEqual([
    ...['a <b> & ä😀', '', '<x>&amp;'],
  ])
})

test.each([
  '',
  'text',
  '<a>',
  '</a>',
  '<a></b>',
  '<a/><b/>',
  '<a/>text',
  '<a><b></a></b>',
  '<a b=1/>',
  '<a>&none;</a>',
  '<a>& </a>',
  '<a>&#x110000;</a>',
  '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
  '<a><!-- no end</a>',
  '<a><![CDATA[no end</a>',
  '<?xml <a/>',
  `${'<a>'.repeat(50)}${'</a>'.repeat(50)}`,
])('%s is none', (text) => {
  expect(readXml(text)).toBeUndefined()
})

test('finds the first text of a name, at any depth', () => {
  const text = '<a><Code><b>1</b></Code><c><Code> x &amp; y</Code></c><Code>z</Code></a>'
  expect(firstTextOf(text, 'Code')).toBe(' x & y')
  expect([firstTextOf(text, 'None'), firstTextOf('<html><p>no<br></html>', 'p')]).toEqual([undefined, undefined])
})

test('reads what the writer wrote', () => {
  const texts = fc.string({ unit: 'binary' }).map((text) => text.replace(/\p{C}|\uFFFE|\uFFFF/gu, ''))
  fc.assert(
    fc.property(texts, (text) => {
      expect(readXml(element('a', element('b', escaped(text))))?.children[0]?.text).toBe(text)
    }),
  )
})

test('never throws, and takes time in proportion', () => {
  const parts = fc.constantFrom(
    ...['<', '>', '/', 'a', '&', ';', '#', '"', "'", '=', ' ', '<!--', '-->', '<a>', '</a>', '<![CDATA[', ']]>', '<?'],
  )
  fc.assert(fc.property(fc.array(parts, { maxLength: 60 }), (some) => void readXml(some.join(''))))
  const before = performance.now()
  readXml(`<a ${'b="c" '.repeat(50_000)}`)
  readXml(`<a>${'&amp;'.repeat(200_000)}</a>`)
  expect(performance.now() - before).toBeLessThan(2000)
})
