/** @file Registers an area's commands: each id of its table has a handler, and what goes wrong is told once. */
import * as vscode from 'vscode';
import { UserError, describeError } from '../../runtime/contract/errors.ts';
import { Store } from './disposable.ts';
import { notificationText } from './plainText.ts';
import type { Disposable } from './disposable.ts';

/** What VS Code passes: the row or file, and the rows that are selected with it. */
export type CommandHandlers<Id extends string> = Readonly<
  Record<Id, (argument: unknown, selected: unknown) => Promise<unknown>>
>;

/** Tells a person what went wrong; a bug of ours goes to the log with its stack. */
export function tellError(error: unknown, log: vscode.LogOutputChannel): void {
  if (error instanceof UserError && error.code === 'cancelled') return;
  if (!(error instanceof UserError)) log.error(error instanceof Error ? error : String(error));
  void vscode.window.showErrorMessage(notificationText(describeError(error)));
}

export function registerCommands<Id extends string>(
  handlers: CommandHandlers<Id>,
  log: vscode.LogOutputChannel,
): Disposable {
  const store = new Store();
  for (const [id, handle] of Object.entries<CommandHandlers<Id>[Id]>(handlers))
    store.add(
      vscode.commands.registerCommand(id, async (argument: unknown, selected: unknown) => {
        try {
          return await handle(argument, selected);
        } catch (error) {
          tellError(error, log);
          return undefined;
        }
      }),
    );
  return store;
}
