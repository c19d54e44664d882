# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# A change that can be taken back at every moment. Before anything is written, the host has on disk what is going to be written, and a
# scheduled task that takes it back. Old rules are turned off, not removed, until the change is kept. So they come back as they were.

function Get-ConnectivityPlace {
    # Where a host keeps what it remembers, and the name of its task: for Windows Firewall, or for the Hyper-V firewall of WSL.
    param([string] $Creator = '')
    $name = (Get-ConnectivityGroup) + $(if ($Creator) { '.wsl' })
    # A PowerShell of 32 bits has another ProgramFiles than the scheduled tasks.
    $directory = Join-Path $(if ($env:ProgramW6432) { $env:ProgramW6432 } else { $env:ProgramFiles }) $name
    @{
        Creator = $Creator; Task = "$name restore"; Directory = $directory; Journal = Join-Path $directory 'change.json'
        Script = Join-Path $directory 'restore.ps1'; Outcome = Join-Path $directory 'outcome.json'; Memory = Join-Path $directory 'defaults.json'
        Lock = Join-Path $directory 'lock'; NamesTask = "$name names"; NamesRules = Join-Path $directory 'named_rules.json'
        NamesMemory = Join-Path $directory 'names.json'; NamesProgram = Join-Path $directory 'names.ps1'; NamesLog = Join-Path $directory 'names.log'
    }
}

function Save-ConnectivityFile {
    # Writes a file whole or not at all.
    param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Text)
    $fresh = "$Path.new"
    [IO.File]::WriteAllText($fresh, $Text, (New-Object Text.UTF8Encoding -ArgumentList $true))
    if (Test-Path -LiteralPath $Path) { [IO.File]::Replace($fresh, $Path, [NullString]::Value) } else { [IO.File]::Move($fresh, $Path) }
}

function Remove-ConnectivityFile {
    param([Parameter(Mandatory)] [string] $Path)
    [IO.File]::Delete($Path)
}

function Read-ConnectivityFile {
    # A file of JSON; nothing where there is none. A file that is cut short has been damaged by others, and is named.
    param([Parameter(Mandatory)] [string] $Path)
    if (-not (Test-Path -LiteralPath $Path)) { return }
    try { [IO.File]::ReadAllText($Path) | ConvertFrom-Json }
    catch { throw "$Path is damaged: $($_.Exception.Message). Remove it, look at the rules of the group $(Get-ConnectivityGroup), and run again" }
}

function Enter-ConnectivityLock {
    # One change at a time. The lock ends with the process that holds it.
    param([Parameter(Mandatory)] [hashtable] $Place, [int] $Seconds = 300)
    try { $null = [IO.Directory]::CreateDirectory($Place.Directory) }
    catch [UnauthorizedAccessException] { throw "$($Place.Directory) cannot be made: $($_.Exception.InnerException.Message) Run this as an administrator, with all rights" }
    $end = [DateTime]::UtcNow.AddSeconds($Seconds)
    while ($true) {
        try { return [IO.File]::Open($Place.Lock, [IO.FileMode]::OpenOrCreate, [IO.FileAccess]::ReadWrite, [IO.FileShare]::None) }
        catch [IO.IOException] {
            if ([DateTime]::UtcNow -gt $end) { throw "another change of this firewall has not ended for $Seconds seconds" }
            Start-Sleep -Milliseconds 200
        }
    }
}

function Exit-ConnectivityLock {
    # Leaves no empty directory behind.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] $Lock)
    $Lock.Dispose()
    try {
        $left = @(Get-ChildItem -LiteralPath $Place.Directory -Force -ErrorAction Stop | Where-Object { $_.Name -ne 'lock' -and $_.Name -notlike '*.new' })
        if ($left.Count -eq 0) { [IO.Directory]::Delete($Place.Directory, $true) }
    }
    catch { Write-Verbose "the directory stays: $($_.Exception.Message)" } # another change has begun in it
}

function Get-ConnectivityFromWmi {
    # The instances of a class; nothing where WMI is damaged or missing.
    param([Parameter(Mandatory)] [string] $Class, [string] $Namespace = 'root/cimv2')
    try { Get-CimInstance -Namespace $Namespace -ClassName $Class -ErrorAction SilentlyContinue } catch { Write-Verbose "WMI does not answer: $($_.Exception.Message)" }
}

function Get-ConnectivityBoot {
    # When this Windows was started; by the time it has been running where WMI does not answer.
    foreach ($one in Get-ConnectivityFromWmi Win32_OperatingSystem) { if ($one.LastBootUpTime) { return ([DateTime] $one.LastBootUpTime).ToUniversalTime().Ticks } }
    [DateTime]::UtcNow.Ticks - [long] ([Diagnostics.Stopwatch]::GetTimestamp() / [Diagnostics.Stopwatch]::Frequency * [TimeSpan]::TicksPerSecond)
}

function Test-ConnectivityRestarted {
    # Whether Windows has been started again since a change began. It computes the time of its start, which may differ by some seconds.
    param([Parameter(Mandatory)] $Journal)
    [Math]::Abs((Get-ConnectivityBoot) - [long] $Journal.boot) -gt [TimeSpan]::TicksPerMinute
}

function Get-ConnectivitySource {
    # This program as one script, for the task that has neither Ansible nor its connection.
    $names = 'Get-ConnectivityGroup', 'Get-ConnectivityPlace', 'Save-ConnectivityFile', 'Remove-ConnectivityFile', 'Read-ConnectivityFile', 'Enter-ConnectivityLock',
    'Exit-ConnectivityLock', 'Get-ConnectivityFromWmi', 'Get-ConnectivityBoot', 'Test-ConnectivityRestarted', 'Get-ConnectivityById', 'Test-ConnectivityRule', 'Switch-ConnectivityRule', 'Remove-ConnectivityRule',
    'Undo-ConnectivityChange', 'Complete-ConnectivityChange', 'Write-ConnectivityEnd', 'Invoke-ConnectivityTask', 'Get-ConnectivityNameChange', 'Undo-ConnectivityName',
    'Save-ConnectivityName', 'Remove-ConnectivityName'
    foreach ($name in $names) { "function $name {$((Get-Item -LiteralPath "function:$name").Definition)}" }
}

function Get-ConnectivityTaskObstacle {
    # How a sentence begins that says why a scheduled task cannot run its script; nothing where it can. Group Policy overrides -ExecutionPolicy.
    $policy = "$(Get-ExecutionPolicy -Scope MachinePolicy)"
    if ($policy -in 'AllSigned', 'Restricted') { "Group Policy has the execution policy $policy for PowerShell, so a scheduled task cannot run a script without a signature: it" }
}

function New-ConnectivityTrigger {
    # A time, and when it comes again; just the time where the Task Scheduler's commands know no repetition.
    param([Parameter(Mandatory)] [DateTime] $At, [Parameter(Mandatory)] [hashtable] $Again)
    try { New-ScheduledTaskTrigger -Once -At $At @Again } catch [Management.Automation.ParameterBindingException] { New-ScheduledTaskTrigger -Once -At $At }
}

function Register-ConnectivityTask {
    # Has Windows take the change back at a time, and when it starts; every minute again until that has succeeded.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [DateTime] $At)
    $again = @{ RepetitionInterval = (New-TimeSpan -Minutes 1); RepetitionDuration = (New-TimeSpan -Days 1) }
    $triggers = @((New-ConnectivityTrigger -At $At.ToLocalTime() -Again $again), (New-ScheduledTaskTrigger -AtStartup))
    $shell = Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $action = New-ScheduledTaskAction -Execute $shell -Argument "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File `"$($Place.Script)`""
    $principal = New-ScheduledTaskPrincipal -UserId 'SYSTEM' -LogonType ServiceAccount -RunLevel Highest
    $settings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -StartWhenAvailable -MultipleInstances IgnoreNew
    $null = Register-ScheduledTask -TaskName $Place.Task -Action $action -Trigger $triggers -Principal $principal -Settings $settings -Force `
        -Description 'Takes back a change of the firewall that nobody confirmed.' -ErrorAction Stop
}

function Get-ConnectivityById {
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [string] $Id)
    $found = if ($Place.Creator) { Get-NetFirewallHyperVRule -Name $Id -PolicyStore PersistentStore -ErrorAction Stop }
    else { Get-NetFirewallRule -Name $Id -PolicyStore PersistentStore -ErrorAction Stop }
    $found | Where-Object { $_.Name -eq $Id }
}

function Test-ConnectivityRule {
    # Whether a rule is there; null where it is not, otherwise whether it is on.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [string] $Id)
    try {
        $found = @(Get-ConnectivityById -Place $Place -Id $Id)
    }
    catch { if ("$($_.CategoryInfo.Category)" -eq 'ObjectNotFound' -and $_.Exception -isnot [Management.Automation.CommandNotFoundException]) { return $null } else { throw } }
    if ($found.Count -gt 0) { -not $found[0].PSObject.Properties['Enabled'] -or "$($found[0].Enabled)" -ne 'False' }
}

function Switch-ConnectivityRule {
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [string] $Id, [Parameter(Mandatory)] [ValidateSet('True', 'False')] [string] $Enabled)
    if ($Place.Creator) { $null = Set-NetFirewallHyperVRule -Name $Id -Enabled $Enabled -ErrorAction Stop }
    else { $null = Set-NetFirewallRule -Name $Id -PolicyStore PersistentStore -Enabled $Enabled -ErrorAction Stop }
}

function Remove-ConnectivityRule {
    # Removes one rule by its id, if it is there.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [string] $Id)
    try {
        try {
            if ($Place.Creator) { $null = Remove-NetFirewallHyperVRule -Name $Id -ErrorAction Stop }
            else { $null = Remove-NetFirewallRule -Name $Id -PolicyStore PersistentStore -ErrorAction Stop }
        }
        catch [Management.Automation.ParameterBindingException] { # commands that take the rule itself
            $command = if ($Place.Creator) { 'Remove-NetFirewallHyperVRule' } else { 'Remove-NetFirewallRule' }
            foreach ($rule in Get-ConnectivityById -Place $Place -Id $Id) { $null = & $command -InputObject $rule -ErrorAction Stop }
        }
    }
    catch { if ("$($_.CategoryInfo.Category)" -ne 'ObjectNotFound' -or $_.Exception -is [Management.Automation.CommandNotFoundException]) { throw } }
}

function Resolve-ConnectivityPending {
    # Ends an earlier change that was interrupted. Returns an error where one still waits, and warnings. Call it under the lock.
    param([Parameter(Mandatory)] [hashtable] $Place, [bool] $CheckMode, [bool] $Removal)
    try { $journal = Read-ConnectivityFile -Path $Place.Journal }
    catch {
        if (-not $Removal) { throw }
        # All rules go now, so nothing has to be read from it.
        if (-not $CheckMode) { Remove-ConnectivityFile -Path $Place.Journal }
        return @{ Errors = @(); Warnings = @("$($Place.Journal) is damaged, and is removed. Look at the defaults of the profiles: an interrupted change may have set them") }
    }
    if (-not $journal) {
        if (-not $CheckMode -and (Test-Path -LiteralPath $Place.Script)) { # what ended an earlier change was ended itself
            Unregister-ScheduledTask -TaskName $Place.Task -Confirm:$false -ErrorAction SilentlyContinue
            Remove-ConnectivityFile -Path $Place.Script
        }
        return @{ Errors = @(); Warnings = @() }
    }
    $late = [DateTime]::UtcNow.Ticks -ge [long] $journal.deadline -or (Test-ConnectivityRestarted -Journal $journal)
    if ($journal.phase -eq 'trial' -and -not $late) {
        return @{ Errors = @('an earlier change still waits to be confirmed. The host itself takes it back; run again in a few minutes'); Warnings = @() }
    }
    if ($CheckMode) { return @{ Errors = @(); Warnings = @('an earlier change was interrupted. Without check mode this run would end it first') } }
    if ($journal.phase -eq 'kept') {
        Complete-ConnectivityChange -Place $Place -Journal $journal
        return @{ Errors = @(); Warnings = @() }
    }
    Undo-ConnectivityChange -Place $Place -Journal $journal -Reasons @('it was interrupted')
    @{ Errors = @(); Warnings = @('an earlier change was interrupted, and has been taken back first') }
}

function Undo-ConnectivityChange {
    # Takes a change back, as often as it takes: each step looks first at what there is. Throws with everything that could not be restored.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] $Journal, [AllowEmptyCollection()] [string[]] $Reasons)
    $failed = @()
    foreach ($one in @($Journal.defaults | Where-Object { $_ })) {
        try {
            Set-NetFirewallProfile -Name $one.profile -PolicyStore PersistentStore -DefaultInboundAction $one.inbound -DefaultOutboundAction $one.outbound -ErrorAction Stop
        }
        catch { $failed += "the defaults of profile $($one.profile): $($_.Exception.Message)" }
    }
    foreach ($id in @($Journal.off | Where-Object { $_ })) {
        try {
            $active = Test-ConnectivityRule -Place $Place -Id $id
            if ($null -eq $active) { $failed += "rule $id, which somebody else removed meanwhile" }
            elseif (-not $active) { Switch-ConnectivityRule -Place $Place -Id $id -Enabled True }
        }
        catch { $failed += "rule ${id}: $($_.Exception.Message)" }
    }
    foreach ($id in @($Journal.add | Where-Object { $_ })) {
        try { Remove-ConnectivityRule -Place $Place -Id $id } catch { $failed += "rule ${id}: $($_.Exception.Message)" }
    }
    try {
        if ($Journal.memory) { Save-ConnectivityFile -Path $Place.Memory -Text $Journal.memory } else { Remove-ConnectivityFile -Path $Place.Memory }
    }
    catch { $failed += "$($Place.Memory): $($_.Exception.Message)" }
    try { Undo-ConnectivityName -Place $Place -Journal $Journal } catch { $failed += "the task that looks host names up: $($_.Exception.Message)" }
    if ($failed.Count -gt 0) { throw "some of it could not be restored: $($failed -join '; '). The host tries again every minute" }
    Write-ConnectivityEnd -Place $Place -Journal $Journal -Outcome 'restored' -Messages (@($Reasons) + 'the rules and defaults of this collection are as they were before')
}

function Complete-ConnectivityChange {
    # Keeps a change: from its first write on, whatever happens, the change stays, and old rules go.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] $Journal)
    if ($Journal.phase -ne 'kept') {
        $Journal.phase = 'kept'
        Save-ConnectivityFile -Path $Place.Journal -Text ($Journal | ConvertTo-Json -Depth 6)
    }
    foreach ($id in @($Journal.gone | Where-Object { $_ })) { Remove-ConnectivityRule -Place $Place -Id $id }
    if ($Journal.forget) { Remove-ConnectivityFile -Path $Place.Memory }
    $names = Get-ConnectivityNameChange -Journal $Journal
    if ($names -and -not $names.keep) { Remove-ConnectivityName -Place $Place }
    Write-ConnectivityEnd -Place $Place -Journal $Journal -Outcome 'confirmed' -Messages @()
}

function Write-ConnectivityEnd {
    # Says how a change ended, and leaves nothing that could take it back.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] $Journal, [string] $Outcome, [AllowEmptyCollection()] [string[]] $Messages)
    if ($Journal.trial) {
        Save-ConnectivityFile -Path $Place.Outcome -Text (@{ token = $Journal.token; outcome = $Outcome; messages = @($Messages) } | ConvertTo-Json)
    }
    Remove-ConnectivityFile -Path $Place.Journal
    Unregister-ScheduledTask -TaskName $Place.Task -Confirm:$false -ErrorAction SilentlyContinue
    Remove-ConnectivityFile -Path $Place.Script
    if (-not $Journal.trial -or ($Outcome -eq 'confirmed' -and $Journal.removal)) { Remove-ConnectivityFile -Path $Place.Outcome }
}

function Invoke-ConnectivityTask {
    # What the scheduled task does: a change that was decided is completed, any other one is taken back.
    param([string] $Creator = '')
    $place = Get-ConnectivityPlace -Creator $Creator
    if (-not (Test-Path -LiteralPath $place.Directory)) { return }
    $lock = Enter-ConnectivityLock -Place $place
    try {
        $journal = Read-ConnectivityFile -Path $place.Journal
        if (-not $journal) { Unregister-ScheduledTask -TaskName $place.Task -Confirm:$false -ErrorAction SilentlyContinue; Remove-ConnectivityFile -Path $place.Script }
        elseif ($journal.phase -eq 'kept') { Complete-ConnectivityChange -Place $place -Journal $journal }
        else {
            $restarted = Test-ConnectivityRestarted -Journal $journal
            $late = [DateTime]::UtcNow.Ticks -ge [long] $journal.deadline
            if ($journal.phase -eq 'trial' -and -not $late -and -not $restarted) { return }
            $reason = if ($restarted) { 'the host was restarted before anybody confirmed it' }
            elseif ($journal.phase -eq 'trial') { "nobody confirmed it within $($journal.seconds) seconds" }
            else { 'the program that made it ended in the middle' }
            Undo-ConnectivityChange -Place $place -Journal $journal -Reasons @($reason)
        }
    }
    finally { Exit-ConnectivityLock -Place $place -Lock $lock }
}
