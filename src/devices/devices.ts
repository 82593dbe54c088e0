/** @file The Devices view: what computes here, and whether it was verified. Looks only when a person asks; the last look is kept. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { devicesViewId } from '../contributions/devices.ts';
import type { DeviceCommandId } from '../contributions/devices.ts';
import { settingsSection } from '../contributions/ids.ts';
import { deviceSetting } from '../contributions/runs.ts';
import { registerCommands } from '../common/commands.ts';
import type { CommandHandlers } from '../common/commands.ts';
import { Store } from '../common/disposable.ts';
import { treeItem } from '../common/treeRow.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { DevicesApi, OperatorVerdict } from '../../runtime/contract/api/devices.ts';
import type { Workbench } from '../workbench.ts';
import { deviceRow, verdictOrder, verdictRow } from './rows.ts';
import type { DeviceRow } from './rows.ts';

type DeviceNode =
  | { readonly kind: 'device'; readonly provider: string }
  | { readonly kind: 'verdict'; readonly provider: string; readonly verdict: OperatorVerdict };

type Known = DevicesApi['devices/known']['result'];

const chosenDevice = (): string =>
  vscode.workspace.getConfiguration(settingsSection).get<string>(deviceSetting, 'auto');

/** In the folder where one is open, else for the person. */
async function chooseDefault(device: string): Promise<void> {
  const { Global, Workspace } = vscode.ConfigurationTarget;
  const target = vscode.workspace.workspaceFolders === undefined ? Global : Workspace;
  await vscode.workspace.getConfiguration(settingsSection).update(deviceSetting, device, target);
}

function itemOf(id: string, row: DeviceRow, state: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const item = treeItem(row, row.context, state);
  item.id = id;
  item.tooltip = new vscode.MarkdownString(row.tooltip);
  return item;
}

export class Devices implements vscode.TreeDataProvider<DeviceNode>, vscode.Disposable {
  readonly #disposables = new Store();
  readonly #workbench: Workbench;
  readonly #changed = this.#disposables.add(new vscode.EventEmitter<undefined>());
  #known: Known | undefined;
  readonly view: vscode.TreeView<DeviceNode>;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    this.view = this.#disposables.add(
      vscode.window.createTreeView(devicesViewId, { treeDataProvider: this, showCollapseAll: false }),
    );
    this.#disposables.add(registerCommands(this.#handlers(), workbench.log));
    this.#disposables.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${settingsSection}.${deviceSetting}`)) this.#changed.fire(undefined);
      }),
    );
    // the free memory is of the moment when someone looks
    this.#disposables.add(
      this.view.onDidChangeVisibility(({ visible }) => {
        if (visible) void this.#refresh();
      }),
    );
    this.#disposables.add(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.#refresh()));
  }

  async #refresh(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    try {
      this.#known = await this.#workbench.companion.call('devices/known', {});
      this.#changed.fire(undefined);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#workbench.log.warn(error.message);
    }
  }

  #handlers(): CommandHandlers<DeviceCommandId> {
    return {
      'adapterWorkbench.testDevices': async () => {
        await vscode.commands.executeCommand(`${devicesViewId}.focus`);
        await vscode.window.withProgress({ location: { viewId: devicesViewId } }, async () => {
          await this.#workbench.launcher.job(['devices'], new AbortController().signal);
        });
        await this.#refresh();
      },
      'adapterWorkbench.useDevice': async (argument) => {
        if (typeof argument === 'object' && argument !== null && 'provider' in argument)
          await chooseDefault(String(argument.provider));
        else await this.#pickDefault();
      },
    };
  }

  async #pickDefault(): Promise<void> {
    const verified = (this.#known?.reports?.devices ?? []).filter(({ state }) => state === 'verified');
    const items = [
      {
        label: 'auto',
        description: l10n.t('the processor, until another device has proved faster and right'),
      },
      ...verified.map(({ provider, name }) => ({
        label: provider,
        description: name.replaceAll('$(', '$ ('),
      })),
    ];
    const placeHolder = l10n.t('Device for configs that name none; now: {0}', chosenDevice());
    const picked = await vscode.window.showQuickPick(items, { placeHolder });
    if (picked !== undefined) await chooseDefault(picked.label);
  }

  getTreeItem(node: DeviceNode): vscode.TreeItem {
    const { None, Collapsed } = vscode.TreeItemCollapsibleState;
    if (node.kind === 'verdict') {
      const { kind, name } = node.verdict;
      return itemOf(`${node.provider} ${kind} ${name}`, verdictRow(node.verdict), None);
    }
    const reports = this.#known?.reports;
    const report = reports?.devices.find(({ provider }) => provider === node.provider);
    if (this.#known === undefined || reports === undefined || report === undefined)
      return new vscode.TreeItem(node.provider);
    const chosen = chosenDevice();
    const row = deviceRow(report, {
      cpuGigaflops: reports.devices.find(({ provider }) => provider === 'cpu')?.gigaflops,
      memory: this.#known.memory,
      isDefault: (chosen === 'auto' ? 'cpu' : chosen) === report.provider,
      measured: reports.measured,
    });
    return itemOf(report.provider, row, (report.results ?? []).length === 0 ? None : Collapsed);
  }

  async getChildren(node?: DeviceNode): Promise<DeviceNode[]> {
    if (node === undefined) {
      if (this.#known === undefined && vscode.workspace.isTrusted) {
        // the first look; a failure is in the log, and the view offers the test
        this.#known = await this.#workbench.companion.call('devices/known', {});
      }
      return (this.#known?.reports?.devices ?? []).map(({ provider }) => ({ kind: 'device', provider }));
    }
    if (node.kind === 'verdict') return [];
    const report = this.#known?.reports?.devices.find(({ provider }) => provider === node.provider);
    return verdictOrder(report?.results ?? []).map((verdict) => ({
      kind: 'verdict',
      provider: node.provider,
      verdict,
    }));
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}

export const registerDevices = (workbench: Workbench): Devices => new Devices(workbench);
