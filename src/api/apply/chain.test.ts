import { describe, expect, test } from 'vitest'
import { Chains } from './chain.ts'

const A = { name: 'A' }
const B = { name: 'B' }

function texts(linksMax = 100): Chains<{ name: string }, { text: string }> {
  return new Chains({
    linksMax,
    make: (links) => ({ text: links.map(({ element, child }) => `${element}=${child?.name}`).join(' ') }),
  })
}

describe('a sequence of steps', () => {
  test('has one result, however often it is taken', () => {
    const chains = texts()
    const first = chains.start().next('x', A).next('y', B).result()
    expect(first.text).toBe('x=A y=B')
    expect(chains.start().next('x', A).next('y', B).result()).toBe(first)
  })

  test('is another one when an element, a child or the order is another', () => {
    const chains = texts()
    const results = [
      chains.start().next('x', A).next('y', B),
      chains.start().next('x', A).next('z', B),
      chains.start().next('x', A).next('y', A),
      chains.start().next('y', B).next('x', A),
      chains.start().next('x', A),
      chains.start(),
    ].map((link) => link.result().text)
    expect(results).toEqual(['x=A y=B', 'x=A z=B', 'x=A y=A', 'y=B x=A', 'x=A', ''])
  })

  test('goes on where all were forgotten in its midst', () => {
    const chains = texts(2)
    const begun = chains.start().next('a', A).next('b', A).next('c', A)
    const other = chains.start().next('a', A)
    expect(begun.next('d', B).result().text).toBe('a=A b=A c=A d=B')
    expect(other.result().text).toBe('a=A')
  })
})
