import { join } from 'node:path';
import ts from 'typescript';
import { TypeText } from './type-text.ts';

const views = join(import.meta.dirname, '../src/views.ts');
const PREAMBLE = `export interface CallOptions {
  signal?: AbortSignal;
}
/** Without what a call does not need: a procedure that takes nothing is called with nothing. */
type Call<Input, Output> = undefined extends Input
  ? (input?: Input, options?: CallOptions) => Promise<Output>
  : (input: Input, options?: CallOptions) => Promise<Output>;
export interface Query<Input, Output> {
  query: Call<Input, Output>;
}
export interface Mutation<Input, Output> {
  mutate: Call<Input, Output>;
}
export interface Subscription<Input, Event> {
  subscribe(
    input: Input,
    listener: { onStarted?: () => void; onData?: (event: Event) => void; onError?: (error: Error) => void; onComplete?: () => void },
  ): { unsubscribe(): void };
}`;

/**
 * The types of views.ts written out, without a name of the server in them: what a procedure takes and answers, as the
 * checker sees it through tRPC's client.
 *
 * @throws Error at a type that JSON cannot carry
 */
export function contractText(options: ts.CompilerOptions): string {
  const program = ts.createProgram([views], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(views);
  const module = source && checker.getSymbolAtLocation(source);
  if (!source || !module) throw new Error(`${views} is no module`);
  const types = new Map(
    checker.getExportsOfModule(module).map((symbol) => {
      const aliased = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return [symbol.name, checker.getDeclaredTypeOfSymbol(aliased)];
    }),
  );
  const api = types.get('Api');
  if (!api) throw new Error('views.ts has no Api');
  types.delete('Api');
  const text = new TypeText(checker, source, types);
  return [
    PREAMBLE,
    ...[...types].map(([name, type]) => `export type ${name} = ${text.definition(type)};`),
    `export interface Api ${routerText(api)}`,
  ].join('\n');

  function routerText(router: ts.Type): string {
    const members = checker.getPropertiesOfType(router).filter(({ name }) => !name.startsWith('__@'));
    return `{\n${members.map((member) => `${member.name}: ${memberText(checker.getTypeOfSymbol(member))};`).join('\n')}\n}`;
  }

  function memberText(type: ts.Type): string {
    const method = (name: string) => {
      const symbol = checker.getPropertyOfType(type, name);
      return symbol && checker.getSignaturesOfType(checker.getTypeOfSymbol(symbol), ts.SignatureKind.Call)[0];
    };
    const input = (call: ts.Signature) => text.of(typeOfParameter(call, 0));
    const output = (call: ts.Signature) => {
      const awaited = checker.getAwaitedType(call.getReturnType());
      if (!awaited) throw new Error('A call answers no promise');
      return text.of(awaited);
    };
    const query = method('query');
    if (query) return `Query<${input(query)}, ${output(query)}>`;
    const mutate = method('mutate');
    if (mutate) return `Mutation<${input(mutate)}, ${output(mutate)}>`;
    const subscribe = method('subscribe');
    if (subscribe) return `Subscription<${input(subscribe)}, ${text.of(eventOf(subscribe))}>`;
    return routerText(type);
  }

  function typeOfParameter(call: ts.Signature, index: number): ts.Type {
    const parameter = call.getParameters()[index];
    if (!parameter) throw new Error('A call takes fewer parameters than thought');
    return checker.getTypeOfSymbol(parameter);
  }

  /** What a subscription hands to `onData`. */
  function eventOf(subscribe: ts.Signature): ts.Type {
    const onData = checker.getPropertyOfType(typeOfParameter(subscribe, 1), 'onData');
    const [call] = onData
      ? checker.getSignaturesOfType(checker.getNonNullableType(checker.getTypeOfSymbol(onData)), ts.SignatureKind.Call)
      : [];
    if (!call) throw new Error('A subscription has no onData');
    return typeOfParameter(call, 0);
  }
}
