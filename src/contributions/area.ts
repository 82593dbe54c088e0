/** @file What one area adds to VS Code. `all.ts` joins the areas, and `npm run gen` writes them into package.json. */

export interface Command {
  readonly title: string;
  readonly icon?: string;
  /** False keeps a command that needs a row of a tree out of the palette; a when clause shows it there at times. */
  readonly palette?: false | string;
  /** Starts a process of the folder's owner: only where the folder is trusted. */
  readonly starts?: true;
}

export interface MenuItem {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
  readonly group?: string;
  readonly alt?: string;
}

type Json = Readonly<Record<string, unknown>>;

export interface Area {
  readonly commands: Readonly<Record<string, Command>>;
  /** Views of our container, in the order of `all.ts`. */
  readonly views?: readonly Json[];
  readonly viewsWelcome?: readonly {
    readonly view: string;
    readonly contents: string;
    readonly when?: string;
  }[];
  readonly menus?: Readonly<Record<string, readonly MenuItem[]>>;
  readonly submenus?: readonly Json[];
  readonly keybindings?: readonly Json[];
  /** Settings by their name behind `adapterWorkbench.`. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** Of VS Code's own settings, for one language each. */
  readonly configurationDefaults?: Json;
  readonly colors?: readonly Json[];
  readonly customEditors?: readonly Json[];
  readonly walkthroughs?: readonly Json[];
  readonly languages?: readonly Json[];
  readonly jsonValidation?: readonly Json[];
  /** Beside those that VS Code derives from commands and views. */
  readonly activationEvents?: readonly string[];
}
