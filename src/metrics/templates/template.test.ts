import { describe, expect, test } from 'vitest'
import { TemplateError } from './execute.ts'
import { TemplateParseError } from './parser.ts'
import { patternFunctions } from './prometheus-functions.ts'
import { TemplateSet } from './template.ts'
import { anyMap, safeContent, textList, textMap, unsigned, type Value } from './values.ts'

const stall: Value = anyMap([
  ['name', 'Rani’s chaat'],
  ['open', true],
  ['tables', 3n],
  ['rating', 4.25],
  ['dishes', textList(['pani puri', 'bhel'])],
  ['prices', textMap({ bhel: '40', 'pani puri': '30' })],
])

function render(text: string, data: Value = stall): string {
  return new TemplateSet(patternFunctions()).with('stall', text).render('stall', data)
}

function renderHtml(text: string, data: Value): string {
  return new TemplateSet({}).with('page', text).render('page', data, { escaping: 'html' })
}

describe('a template', () => {
  test.each([
    ['{{ .name }} has {{ .tables }} tables', 'Rani’s chaat has 3 tables'],
    ['{{ if .open }}open{{ else }}closed{{ end }}', 'open'],
    ['{{ if not .open }}a{{ else if gt .tables 2 }}b{{ else }}c{{ end }}', 'b'],
    ['{{ range $i, $dish := .dishes }}{{ $i }}:{{ $dish }} {{ end }}', '0:pani puri 1:bhel '],
    ['{{ range $dish, $price := .prices }}{{ $dish }}={{ $price }};{{ end }}', 'bhel=40;pani puri=30;'],
    ['{{ range .none }}x{{ else }}nothing{{ end }}', 'nothing'],
    ['{{ range .dishes }}{{ if eq . "bhel" }}{{ continue }}{{ end }}{{ . }}{{ end }}', 'pani puri'],
    ['{{ range .dishes }}{{ . }}{{ break }}{{ end }}', 'pani puri'],
    ['{{ range 3 }}{{ . }}{{ end }}', '012'],
    ['{{ with .name }}{{ . }}{{ end }}{{ with .none }}x{{ else with .tables }}{{ . }}{{ end }}', 'Rani’s chaat3'],
    ['{{ $n := 1 }}{{ if true }}{{ $n = 2 }}{{ $m := 3 }}{{ end }}{{ $n }}', '2'],
    ['{{ define "greet" }}Namaste {{ . }}{{ end }}{{ template "greet" .name }}', 'Namaste Rani’s chaat'],
    ['{{ block "price" "40" }}₹{{ . }}{{ end }}', '₹40'],
    ['a {{- /* never seen */ -}} b', 'ab'],
    ['a {{- 1 -}} b', 'a1b'],
    ['{{ .rating | printf "%.1f of %d" | len }}', '19'],
    ['{{ index .prices "bhel" }} {{ index .dishes 1 }} {{ slice .name 0 4 }}', '40 bhel Rani'],
    ['{{ and .open .name }} {{ or .none "default" }} {{ and false (index .dishes 9) }}', 'Rani’s chaat default false'],
    ['{{ .none }} {{ .none.deeper }} {{ .prices.none }}|', '<no value> <no value> |'],
    ['{{ print 1 2 "a" "b" 3 }} {{ println "x" }}', '1 2ab3 x\n'],
    ['{{ \'x\' }} {{ 0x10 }} {{ 1e3 }} {{ 1_000 }} {{ `raw\\n` }} {{ "\\u00e9" }}', '120 16 1000 1000 raw\\n é'],
    ['{{ html "<b>" }} {{ js "it\'s" }} {{ urlquery "a b&c" }}', "&lt;b&gt; it\\'s a+b%26c"],
    ['{{ .dishes }} {{ .prices }}', '[pani puri bhel] map[bhel:40 pani puri:30]'],
    ['{{ reReplaceAll "(\\\\w+) (\\\\w+)" "$2 ${1}s" "pani puri" }}', 'puri panis'],
  ])('%s', (text, expected) => {
    expect(render(text)).toBe(expected)
  })

  test.each([
    ['{{ if .open }}', 'template: stall:1: unexpected EOF'],
    ['a\n{{ }}', 'template: stall:2: missing value for command'],
    ['{{ nope }}', 'template: stall:1: function "nope" not defined'],
    ['{{ $x }}', 'template: stall:1: undefined variable "$x"'],
    ['{{ "a" | 1 }}', 'template: stall:1: non executable command in pipeline stage 2'],
    ['{{ end }}', 'template: stall:1: unexpected {{end}}'],
    ['{{ break }}', 'template: stall:1: {{break}} outside {{range}}'],
    ['{{ (len "a" }}', 'template: stall:1: unclosed left paren'],
    ['{{ "a }}', 'template: stall:1: unterminated quoted string'],
    ['{{ /* }}', 'template: stall:1: unexpected "/" in command'],
    ['{{/* }}', 'template: stall:1: unclosed comment'],
  ])('%s is malformed', (text, message) => {
    expect(() => render(text)).toThrow(new TemplateParseError(message))
  })

  test.each([
    ['{{ len 3 }}', 'template: stall:1:3: executing "stall" at <len 3>: error calling len: len of type int'],
    [
      'é\n  {{ .tables.x }}',
      'template: stall:2:12: executing "stall" at <.tables.x>: can\'t evaluate field x in type int',
    ],
    ['{{ eq 1 "1" }}', 'error calling eq: incompatible types for comparison'],
    ['{{ index .dishes 7 }}', 'error calling index: index out of range: 7'],
    ['{{ template "none" }}', 'template "none" not defined'],
    ['{{ match "a" }}', 'wrong number of args for match: want 2 got 1'],
    ['{{ match .tables "a" }}', 'wrong type for value; expected string; got int'],
    ['{{ .name "x" }}', 'name is not a method but has arguments'],
    ['{{ range .tables.x }}{{ end }}', "can't evaluate field x in type int"],
    ['{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', 'exceeded maximum template depth'],
  ])('%s fails', (text, message) => {
    expect(() => render(text)).toThrow(TemplateError)
    expect(() => render(text)).toThrow(message)
  })

  test('defined later and empty, a template does not take the place of one that is there', () => {
    const set = new TemplateSet({})
      .with('first', '{{ define "a" }}A{{ end }}')
      .with('second', '{{ define "a" }} {{ end }}')
    expect(set.render('a', undefined)).toBe('A')
    expect(set.with('third', '{{ define "a" }}B{{ end }}').render('a', undefined)).toBe('B')
  })
})

describe('printf', () => {
  test.each<[string, Value[], string]>([
    ['%d %5d|%-5d|%05d', [1n, 2n, 3n, 4n], '1     2|3    |00004'],
    ['%x %X %o %b %c %q %U', [255n, 255n, 8n, 5n, 97n, 97n, 97n], "ff FF 10 101 a 'a' U+0061"],
    [
      '%v %.2f %8.3f|%e %g %+d',
      [1e6, 2.345, 3.14159, 1234.5, 0.00001, 7n],
      '1e+06 2.35    3.142|1.234500e+03 1e-05 +7',
    ],
    ['%.0f %.0f %.1f %.2f', [0.5, 1.5, 0.25, 1.005], '0 2 0.2 1.00'],
    ['%s %10s|%-4s|%.2s %q', ['a', 'b', 'c', 'déf', 'x"y\n'], 'a          b|c   |dé "x\\"y\\n"'],
    ['%t %v %T %T %T', [true, undefined, 1n, 'a', unsigned(1n)], 'true <nil> int string uint'],
    ['%d', ['a'], '%!d(string=a)'],
    ['%d', [], '%!d(MISSING)'],
    ['%%', [1n], '%%!(EXTRA int=1)'],
    ['%[2]s %[1]s', ['a', 'b'], 'b a'],
    ['%*d', [4n, 7n], '   7'],
    ['%', [], '%!(NOVERB)'],
  ])('%s', (format, values, expected) => {
    const data = anyMap(values.map((value, index) => [`v${index}`, value]))
    const operands = values.map((_value, index) => `.v${index}`).join(' ')
    expect(render(`{{ printf ${JSON.stringify(format)} ${operands} }}`, data)).toBe(expected)
  })
})

describe('a page', () => {
  test.each<[string, Value, string]>([
    ['<p>{{ . }}</p>', '<script>', '<p>&lt;script&gt;</p>'],
    ['<p>{{ . }}</p>', safeContent('template.HTML', '<b>x</b>'), '<p><b>x</b></p>'],
    ['<p title="{{ . }}">', 'a"b', '<p title="a&#34;b">'],
    ['<p title={{ . }}>', 'a b', '<p title=a&#32;b>'],
    ['<a href="{{ . }}">', 'javascript:alert(1)', '<a href="#ZgotmplZ">'],
    ['<a href="{{ . }}">', 'https://x/a b?c=d', '<a href="https://x/a%20b?c=d">'],
    ['<a href="/x?q={{ . }}&r=1">', 'a&b=c', '<a href="/x?q=a%26b%3dc&r=1">'],
    [
      '<script>let x = {{ . }}</script>{{ . }}',
      '</script>',
      '<script>let x = "\\u003c/script\\u003e"</script>&lt;/script&gt;',
    ],
    ['<script>let x = "{{ . }}"</script>', '"</script>', '<script>let x = "\\u0022\\u003c\\/script\\u003e"</script>'],
    ['<p style="color: {{ . }}">', 'red; background: url(x)', '<p style="color: ZgotmplZ">'],
    ['<p onclick="f({{ . }})">', "it's", '<p onclick="f(&#34;it&#39;s&#34;)">'],
    ['<textarea>{{ . }}</textarea>', '<b>', '<textarea>&lt;b&gt;</textarea>'],
    ['a<!-- {{ . }} -->b', 'secret', 'ab'],
    ['{{ .none }}', textMap({}), ''],
  ])('%s', (text, data, expected) => {
    expect(renderHtml(text, data)).toBe(expected)
  })
})
