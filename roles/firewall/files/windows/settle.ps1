# Ends a trial: keeps the change, or takes it back now. Where the task that takes it back was faster, what came after it goes too.
[CmdletBinding()]
param([Parameter(Mandatory)][string]$Group, [Parameter(Mandatory)][string]$Directory, [Parameter(Mandatory)][bool]$Keep)
$ErrorActionPreference = 'Stop'
$name = "$Group restore"
$ended = Join-Path $Directory 'outcome.txt'
$task = Get-ScheduledTask -TaskName $name -ErrorAction SilentlyContinue
if ($task -and "$($task.State)" -ne 'Running') { $task | Disable-ScheduledTask | Out-Null }
$deadline = (Get-Date).AddMinutes(5)
while (($task = Get-ScheduledTask -TaskName $name -ErrorAction SilentlyContinue) -and "$($task.State)" -eq 'Running') {
    if ((Get-Date) -gt $deadline) { throw 'the task that takes the change back does not end' }
    Start-Sleep -Seconds 1
}
$outcome = 'kept'
if (-not $Keep -or (Test-Path -LiteralPath $ended)) {
    & (Join-Path $Directory 'restore.ps1') -Directory $Directory
    $outcome = ([string](Get-Content -LiteralPath $ended -Raw)).Trim()
}
Get-ScheduledTask -TaskName $name -ErrorAction SilentlyContinue | Unregister-ScheduledTask -Confirm:$false
foreach ($file in 'before.xml', 'before.wfw', 'outcome.txt', 'restore.ps1') {
    Remove-Item -LiteralPath (Join-Path $Directory $file) -ErrorAction SilentlyContinue
}
if (-not (Get-ChildItem -LiteralPath $Directory -Force)) { Remove-Item -LiteralPath $Directory }
$Ansible.Result = @{ outcome = $outcome }
