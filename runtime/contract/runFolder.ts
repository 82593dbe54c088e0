/** @file Which paths lie in the folder of a run or of a sweep, told by its id: for those who watch a folder that runs write to. */

/** An id as `runId` makes it: `<UTC time>-[<stem>-][<variant>-]<6 hex>`; what comes below such a folder. */
const belowRun = /(?:^|[\\/])\d{8}T\d{6}Z-(?:[\w.-]+-)?[\da-f]{6}[\\/](.+)$/;

/** The folders of runs and sweeps as a glob of VS Code, for what leaves them out. */
export const runFolderGlob = `${'[0-9]'.repeat(8)}T${'[0-9]'.repeat(6)}Z-*${'[0-9a-f]'.repeat(6)}`;

/** `adapter/README.md` of `runs/20260301T090807Z-tickets-abc123/adapter/README.md`; undefined outside of runs. */
export const pathInRun = (path: string): string | undefined => belowRun.exec(path)?.[1];

/** Whether a run keeps the file for itself (record, steps, samples), unlike the weights in its folders, which configs may name. */
export const isRunsOwn = (path: string): boolean => {
  const inside = pathInRun(path);
  return inside !== undefined && !/[\\/]/.test(inside);
};
