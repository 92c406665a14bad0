import type { Library } from '../declarations.ts'
import { type Macro, MacroError } from '../macros.ts'

/** No source can name it, so that nothing can see the elements of the range, of which there are none. */
const UNUSED = '#unused'

/** `cel.bind(name, value, body)`: cel-go ext/bindings.go. A fold over nothing, whose accumulator is the bound name. */
const BIND: Macro = {
  name: 'bind',
  receiver: true,
  argCount: 3,
  expand(build, target, [variable, value, body]) {
    if (target.kind !== 'ident' || target.name !== 'cel') return undefined
    if (variable === undefined || value === undefined || body === undefined) return undefined
    if (variable.kind !== 'ident') {
      throw new MacroError(variable, 'cel.bind() variable names must be simple identifiers')
    }
    return build.fold({
      range: build.list(),
      iterVar: UNUSED,
      iterVar2: undefined,
      accuVar: variable.name,
      accuInit: value,
      condition: build.literal(false),
      step: build.ident(variable.name),
      result: body,
    })
  },
}

export const BINDING_LIBRARY: Library = { macros: [BIND] }
