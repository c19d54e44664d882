# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# Rules whose peers have host names: looked up on this host, remembered, and looked up again by a scheduled task.
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsNames
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewallState
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewallTrial

function Get-ConnectivityClock {
    # The time in seconds since 1970, which start of Windows this is, and for how many seconds the computer has been running, asleep or not.
    $boot = ''
    # Windows computes its time of start from the clock. The time at which its first program started stays as it was.
    foreach ($one in Get-ConnectivityFromWmi Win32_Process) {
        if ($one.Name -ne 'smss.exe' -or -not $one.PSObject.Properties['CreationDate'] -or -not $one.CreationDate) { continue }
        $ticks = "$(([DateTime] $one.CreationDate).ToUniversalTime().Ticks)"
        if (-not $boot -or [long] $ticks -lt [long] $boot) { $boot = $ticks }
    }
    @{
        time = ([DateTime]::UtcNow - [DateTime] '1970-01-01').TotalSeconds; boot = $boot
        running = [Diagnostics.Stopwatch]::GetTimestamp() / [Diagnostics.Stopwatch]::Frequency
    }
}

function Read-ConnectivityMemory {
    # What is remembered of these names, in today's time and without what is refused; nothing where the file is missing or damaged.
    param([Parameter(Mandatory)] [hashtable] $Place, [AllowEmptyCollection()] [string[]] $Names, [AllowEmptyCollection()] [string[]] $Own, [Parameter(Mandatory)] [hashtable] $Clock)
    $memory = New-ConnectivityTable
    if (-not (Test-Path -LiteralPath $Place.NamesMemory)) { return , $memory }
    try {
        $read = [IO.File]::ReadAllText($Place.NamesMemory) | ConvertFrom-Json
        $forward = 0.0 # by how many seconds the clock was set forward since; not known after a start of Windows
        if ($Clock.boot -and "$($read.clock.boot)" -eq $Clock.boot) {
            $forward = ($Clock.time - [double] $read.clock.time) - ($Clock.running - [double] $read.clock.running)
            if ([Math]::Abs($forward) -ge 1e11) { $forward = 0.0 }
        }
        foreach ($entry in @($read.entries | Where-Object { $_ })) {
            $name, $address, $last, $since = [string] $entry.name, [string] $entry.address, [double] $entry.last, [double] $entry.since
            if ($Names -cnotcontains $name -or $last -lt 0 -or $since -lt 0 -or $last -gt 1e11 -or $since -gt 1e11) { continue }
            if (Get-ConnectivityRefusal -Name $name -Address $address -Own $Own) { continue }
            if (-not $memory.ContainsKey($name)) { $memory[$name] = New-ConnectivityTable }
            $memory[$name][$address] = @{
                last = [Math]::Max(0.0, $last + $forward); since = [Math]::Max(0.0, $since + $forward); told = $entry.told -ne $false; paused = $entry.paused -eq $true
            }
        }
    }
    catch { return , (New-ConnectivityTable) }
    , $memory
}

function Get-ConnectivityMemoryDamage {
    # A line where what is remembered cannot be read.
    param([Parameter(Mandatory)] [hashtable] $Place)
    if (-not (Test-Path -LiteralPath $Place.NamesMemory)) { return }
    try { $null = [IO.File]::ReadAllText($Place.NamesMemory) | ConvertFrom-Json }
    catch { "$($Place.NamesMemory) is damaged, so the last known addresses are lost; names that nobody answers now are closed until they are answered" }
}

function ConvertFrom-ConnectivityMemory {
    # What is remembered, as the text of its file. Told says that an administrator has read of all addresses.
    param([Parameter(Mandatory)] $Memory, [Parameter(Mandatory)] [hashtable] $Clock, [switch] $Told)
    $entries = @(foreach ($name in Get-ConnectivitySorted @($Memory.Keys)) {
            foreach ($address in Get-ConnectivitySorted @($Memory[$name].Keys)) {
                $seen = $Memory[$name][$address]
                [ordered] @{ name = $name; address = $address; last = $seen.last; since = $seen.since; told = [bool] ($Told -or $seen.told); paused = [bool] $seen.paused }
            }
        })
    [ordered] @{ clock = [ordered] @{ time = $Clock.time; boot = $Clock.boot; running = $Clock.running }; entries = $entries } | ConvertTo-Json -Depth 4
}

function Start-ConnectivityNameQuery {
    # Begins to ask the name service of this host for a name.
    param([Parameter(Mandatory)] [string] $Name)
    [Net.Dns]::GetHostAddressesAsync($Name)
}

function Find-ConnectivityAnswer {
    # Looks names up, at most 16 side by side. Returns the answers of those that ended in time; none where a look-up failed. Names that
    # answered the last time come first, but for four places, so that names that do not answer hold nobody back.
    param([AllowEmptyCollection()] [string[]] $Names, [Parameter(Mandatory)] $Memory, [double] $Seconds = 15)
    $found = New-ConnectivityTable
    if ($Names.Count -eq 0) { return , $found }
    $latest = 0.0
    $last = New-ConnectivityTable
    foreach ($name in $Names) {
        $last[$name] = if ($Memory.ContainsKey($name)) { Get-ConnectivityLatest $Memory[$name] 0 } else { -1.0 }
        $latest = [Math]::Max($latest, $last[$name])
    }
    $random = New-Object Random
    $ready, $others = (New-Object 'System.Collections.Generic.Queue[string]'), (New-Object 'System.Collections.Generic.Queue[string]')
    foreach ($name in $Names) { if ($last[$name] -eq $latest) { $ready.Enqueue($name) } }
    foreach ($name in @($Names | Where-Object { $last[$_] -ne $latest } | Sort-Object -Property { $random.Next() })) { $others.Enqueue($name) }
    $least, $ports = 0, 0 # .NET adds threads slowly, and each look-up holds one
    [Threading.ThreadPool]::GetMinThreads([ref] $least, [ref] $ports)
    $null = [Threading.ThreadPool]::SetMinThreads([Math]::Max($least, 32), $ports)
    $end = [DateTime]::UtcNow.AddSeconds($Seconds)
    $running = @{}
    while ($true) {
        for ($slot = 0; $slot -lt 16; $slot++) {
            if ($running.ContainsKey($slot)) { continue }
            $queue = @(@(if ($slot -lt 12) { $ready, $others } else { $others, $ready }) | Where-Object { $_.Count -gt 0 })
            if ($queue.Count -eq 0 -or [DateTime]::UtcNow -ge $end) { continue }
            $name = $queue[0].Dequeue()
            try { $running[$slot] = @{ Name = $name; Task = Start-ConnectivityNameQuery -Name $name } } catch { $found[$name] = [string[]] @() } # a name that cannot be encoded
        }
        if ($running.Count -eq 0) { break }
        $tasks = [Threading.Tasks.Task[]] @($running.Values | ForEach-Object { $_.Task })
        $left = [int] [Math]::Max(0, ($end - [DateTime]::UtcNow).TotalMilliseconds)
        if ([Threading.Tasks.Task]::WaitAny($tasks, $left) -lt 0) { break }
        foreach ($slot in @($running.Keys)) {
            $task = $running[$slot].Task
            if (-not $task.IsCompleted) { continue }
            $failed = $task.IsFaulted -or $task.IsCanceled
            if ($failed) { $null = $task.Exception }
            $found[$running[$slot].Name] = [string[]] @(if (-not $failed) { Get-ConnectivitySorted @($task.Result | ForEach-Object { $_.ToString() } | Select-Object -Unique) })
            $running.Remove($slot)
        }
    }
    , $found
}

function Get-ConnectivityNameList {
    # The host names of rules, each once.
    param([AllowEmptyCollection()] [Collections.IDictionary[]] $Named)
    Get-ConnectivitySorted @($Named | ForEach-Object { $_['Names'] } | Select-Object -Unique)
}

function ConvertTo-ConnectivityNamed {
    # Rules with host names as Ansible, a script or a file gives them, always in the same order of keys.
    param([AllowNull()] [AllowEmptyCollection()] $Entries)
    foreach ($entry in @($Entries)) {
        if (-not $entry) { continue }
        $table = [ordered] @{}
        foreach ($key in 'DisplayName', 'Description', 'Direction', 'Protocol', 'LocalPort', 'LocalPorts', 'RemotePort', 'RemotePorts', 'IcmpType', 'RemoteAddress', 'RemoteAddresses', 'Names') {
            $value = if ($entry -is [Collections.IDictionary]) { $entry[$key] } elseif ($entry.PSObject.Properties[$key]) { $entry.$key }
            if ($null -ne $value) { $table[$key] = [string[]] @($value) }
        }
        $table
    }
}

function ConvertTo-ConnectivityNamedRule {
    # The rules of Windows for rules with host names: those addresses of the plan and of the names that the protocol can have, in parts
    # of at most 1,000 of a family. A rule without any address is missing: it opens nothing.
    param([AllowEmptyCollection()] [Collections.IDictionary[]] $Named, [Parameter(Mandatory)] $Memory, [string] $Key = 'RemoteAddress')
    foreach ($entry in $Named) {
        $fixed = @(if ($entry.Contains($Key)) { $entry[$Key] })
        $within = ConvertTo-ConnectivitySet $fixed
        $lists = @{ 4 = @(); 6 = @() }
        foreach ($address in $fixed) { $lists[$(if ($address.IndexOf(':') -ge 0) { 6 } else { 4 })] += $address }
        $more = @(foreach ($name in $entry['Names']) { if ($Memory.ContainsKey($name)) { $Memory[$name].Keys } })
        foreach ($address in Get-ConnectivitySorted @($more | Select-Object -Unique)) {
            $family = if ($address.IndexOf(':') -ge 0) { 6 } else { 4 }
            if ("$($entry['Protocol'])" -eq $(if ($family -eq 4) { 'ICMPv6' } else { 'ICMPv4' })) { continue }
            if ($fixed.Count -eq 0 -or -not (Test-ConnectivityWithin -Inner (ConvertTo-ConnectivitySet $address) -Outer $within)) { $lists[$family] += $address }
        }
        for ($at = 0; $at -lt [Math]::Max($lists[4].Count, $lists[6].Count); $at += 1000) {
            $part = @{}
            foreach ($each in $entry.Keys) { if ($each -ne 'Names') { $part[$each] = $entry[$each] } }
            $part[$Key] = [string[]] @(foreach ($family in 4, 6) { $lists[$family] | Select-Object -Skip $at -First 1000 })
            ConvertTo-ConnectivityRule $part
        }
    }
}

function Get-ConnectivityNameFile {
    # The rules with host names as their file holds them, and the program of the task.
    param([Parameter(Mandatory)] [hashtable] $Place, [AllowEmptyCollection()] [Collections.IDictionary[]] $Named, [AllowEmptyCollection()] [string[]] $Own)
    $rules = [ordered] @{ own = @($Own); rules = @($Named) } | ConvertTo-Json -Depth 4
    $end = "Set-StrictMode -Version 2.0`n`$ErrorActionPreference = 'Stop'`ntry { Invoke-ConnectivityNameTask -Creator '$($Place.Creator)' } catch { `"`$(`$_.Exception.Message)`"; exit 1 }"
    @{ Rules = $rules; Program = (@(Get-ConnectivityNameSource) + $end) -join "`n" }
}

function Compare-ConnectivityName {
    # What the host has of the task that looks names up, and what it should have.
    param([Parameter(Mandatory)] [hashtable] $Place, [AllowEmptyCollection()] [Collections.IDictionary[]] $Named, [AllowEmptyCollection()] [string[]] $Own, [string] $Memory = '')
    $before = @{ Rules = ''; Program = ''; Memory = '' }
    foreach ($kind in @($before.Keys)) { if (Test-Path -LiteralPath $Place["Names$kind"]) { $before[$kind] = [IO.File]::ReadAllText($Place["Names$kind"]) } }
    $there, $off = $false, $false
    if ($Named.Count -gt 0 -or $before.Rules -or $before.Program) {
        $task = Get-ScheduledTask -TaskName $Place.NamesTask -ErrorAction SilentlyContinue
        $there, $off = ($null -ne $task), ($task -and "$($task.State)" -eq 'Disabled')
    }
    $files = if ($Named.Count -gt 0) { Get-ConnectivityNameFile -Place $Place -Named $Named -Own $Own } else { @{ Rules = ''; Program = '' } }
    $wanted = $Named.Count -gt 0
    @{
        Wanted = $wanted; Before = @{ rules = $before.Rules; program = $before.Program; memory = $before.Memory; task = $there }; Files = $files; Memory = $Memory
        Present = $there -or $before.Rules -or $before.Program -or $before.Memory
        Differs = $there -ne $wanted -or ($wanted -and $off) -or $before.Rules -cne $files.Rules -or $before.Program -cne $files.Program -or (-not $wanted -and $before.Memory)
    }
}

function Format-ConnectivityName {
    # The task for people: a line for each rule with its names.
    param([AllowEmptyString()] [string] $Rules, [Parameter(Mandatory)] [hashtable] $Place)
    if (-not $Rules) { return }
    "scheduled task $($Place.NamesTask): every 15 minutes"
    try { foreach ($rule in @(($Rules | ConvertFrom-Json).rules)) { "  $($rule.DisplayName): to $(@($rule.Names) -join ', ')" } }
    catch { '  its rules are damaged' }
}

function Save-ConnectivityName {
    # Writes what the task needs, and registers it.
    param([Parameter(Mandatory)] [hashtable] $Place, [AllowEmptyString()] [string] $Rules, [AllowEmptyString()] [string] $Program, [AllowEmptyString()] [string] $Memory, [bool] $Task = $true)
    foreach ($one in @($Place.NamesRules, $Rules), @($Place.NamesProgram, $Program), @($Place.NamesMemory, $Memory)) {
        if ($one[1]) { Save-ConnectivityFile -Path $one[0] -Text $one[1] } else { Remove-ConnectivityFile -Path $one[0] }
    }
    if (-not $Task) { Unregister-ScheduledTask -TaskName $Place.NamesTask -Confirm:$false -ErrorAction SilentlyContinue; return }
    $triggers = @(
        New-ConnectivityTrigger -At (([DateTime]::Now).AddMinutes(15)) -Again @{ RepetitionInterval = (New-TimeSpan -Minutes 15); RepetitionDuration = (New-TimeSpan -Days 3650); RandomDelay = (New-TimeSpan -Minutes 2) }
        New-ScheduledTaskTrigger -AtStartup -RandomDelay (New-TimeSpan -Minutes 1)
    )
    $shell = Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $action = New-ScheduledTaskAction -Execute $shell -Argument "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File `"$($Place.NamesProgram)`""
    $principal = New-ScheduledTaskPrincipal -UserId 'SYSTEM' -LogonType ServiceAccount -RunLevel Highest
    $settings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -StartWhenAvailable -MultipleInstances IgnoreNew -ExecutionTimeLimit (New-TimeSpan -Minutes 10)
    $null = Register-ScheduledTask -TaskName $Place.NamesTask -Action $action -Trigger $triggers -Principal $principal -Settings $settings -Force `
        -Description 'Looks up the host names of the connectivity policy of federated systems.' -ErrorAction Stop
}

function Remove-ConnectivityName {
    # Takes the task and its files away.
    param([Parameter(Mandatory)] [hashtable] $Place)
    Unregister-ScheduledTask -TaskName $Place.NamesTask -Confirm:$false -ErrorAction SilentlyContinue
    foreach ($file in $Place.NamesRules, $Place.NamesProgram, $Place.NamesMemory, $Place.NamesLog) { Remove-ConnectivityFile -Path $file }
}

function Get-ConnectivityNameChange {
    # What a journal says about host names; nothing where the change is not about them, or an earlier version of this program wrote it.
    param([Parameter(Mandatory)] $Journal)
    if ($Journal.PSObject.Properties['names']) { $Journal.names }
}

function Undo-ConnectivityName {
    # The task, its files and what is remembered, as a change found them.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] $Journal)
    $names = Get-ConnectivityNameChange -Journal $Journal
    if (-not $names -or -not $names.keep) { return } # what is to go has not gone yet
    if (-not $names.differs) { if ($names.memory) { Save-ConnectivityFile -Path $Place.NamesMemory -Text $names.memory } else { Remove-ConnectivityFile -Path $Place.NamesMemory } }
    elseif ($names.task -or $names.rules -or $names.program) { Save-ConnectivityName -Place $Place -Rules $names.rules -Program $names.program -Memory $names.memory -Task $names.task }
    else { Remove-ConnectivityName -Place $Place }
}

function Add-ConnectivityNameLog {
    # The last 200 lines of what the task did, each with its time. What is only seen again, and was logged within a day, is left out.
    param([Parameter(Mandatory)] [hashtable] $Place, [AllowEmptyCollection()] [string[]] $Lines = @(), [AllowEmptyCollection()] [string[]] $Seen = @())
    $format, $culture = 'yyyy-MM-dd HH\:mm', [Globalization.CultureInfo]::InvariantCulture
    $now, $yesterday = [DateTime]::UtcNow.ToString($format, $culture), [DateTime]::UtcNow.AddDays(-1).ToString($format, $culture)
    $old = @(if (Test-Path -LiteralPath $Place.NamesLog) { [IO.File]::ReadAllLines($Place.NamesLog) })
    $known = @($old | Where-Object { [string]::CompareOrdinal($_, $yesterday) -gt 0 } | ForEach-Object { $_ -replace '^.{16} UTC ' })
    $Lines = @(@($Seen | Where-Object { $known -cnotcontains $_ }) + $Lines | Where-Object { $_ })
    if ($Lines.Count -eq 0) { return }
    $all = @($old + @($Lines | ForEach-Object { "$now UTC $_" }) | Select-Object -Last 200)
    Save-ConnectivityFile -Path $Place.NamesLog -Text (($all -join "`r`n") + "`r`n")
}

function Invoke-ConnectivityNameTask {
    # What the scheduled task does: looks the names up, and brings new addresses into force. Rules whose addresses are as before are not touched.
    param([string] $Creator = '')
    $place = Get-ConnectivityPlace -Creator $Creator
    if (-not (Test-Path -LiteralPath $place.NamesRules)) { return }
    $policy = Read-ConnectivityFile -Path $place.NamesRules
    $own, $clock = [string[]] @($policy.own | Where-Object { $_ }), (Get-ConnectivityClock)
    $named = @(ConvertTo-ConnectivityNamed $policy.rules)
    $names = @(Get-ConnectivityNameList $named)
    # Nobody waits for the lock while the name service is silent.
    $found = Find-ConnectivityAnswer -Names $names -Memory (Read-ConnectivityMemory -Place $place -Names $names -Own $own -Clock $clock)
    $lock = Enter-ConnectivityLock -Place $place
    try {
        $now = Read-ConnectivityFile -Path $place.NamesRules
        if (-not $now -or ($now | ConvertTo-Json -Depth 4) -cne ($policy | ConvertTo-Json -Depth 4)) { return } # another run has changed them
        if (Read-ConnectivityFile -Path $place.Journal) {
            Add-ConnectivityNameLog -Place $place -Seen 'a change of this host waits to be confirmed; host names are looked up next time'
            return
        }
        $memory, $damaged = (Read-ConnectivityMemory -Place $place -Names $names -Own $own -Clock $clock), @(Get-ConnectivityMemoryDamage -Place $place)
        $clock = Get-ConnectivityClock
        $seen = Update-ConnectivityMemory -Names $names -Memory $memory -Own $own -Found $found -Now $clock.time
        $text = ConvertFrom-ConnectivityMemory -Memory $seen.Memory -Clock $clock
        $lines = $damaged
        try {
            $differences = @(Compare-ConnectivityAddress -Before $memory -After $seen.Memory)
            if ($differences.Count -gt 0) {
                Set-ConnectivityNamed -Place $place -Named $named -Memory $seen.Memory -Text $text
                $lines += $differences
            }
            else { Save-ConnectivityFile -Path $place.NamesMemory -Text $text }
        }
        catch {
            Add-ConnectivityNameLog -Place $place -Seen $seen.Lines -Lines ($lines + "new addresses could not be brought into force, the old ones stay: $($_.Exception.Message)")
            throw
        }
        Add-ConnectivityNameLog -Place $place -Seen $seen.Lines -Lines $lines
    }
    finally { Exit-ConnectivityLock -Place $place -Lock $lock }
}

function Compare-ConnectivityAddress {
    # A line for each name whose addresses differ.
    param([Parameter(Mandatory)] $Before, [Parameter(Mandatory)] $After)
    foreach ($name in Get-ConnectivitySorted @(@($Before.Keys) + @($After.Keys) | Select-Object -Unique)) {
        $old = @(if ($Before.ContainsKey($name)) { $Before[$name].Keys })
        $new = @(if ($After.ContainsKey($name)) { $After[$name].Keys })
        $words = @(Get-ConnectivitySorted @($new | Where-Object { $old -cnotcontains $_ }) | ForEach-Object { "+$_" }) + @(Get-ConnectivitySorted @($old | Where-Object { $new -cnotcontains $_ }) | ForEach-Object { "-$_" })
        if ($words.Count -gt 0) { "${name}: $($words -join ' ')" }
    }
}

function Set-ConnectivityNamed {
    # Brings the rules with host names to new addresses, in one change that is kept at once. Other rules are not looked at.
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [Collections.IDictionary[]] $Named, [Parameter(Mandatory)] $Memory, [Parameter(Mandatory)] [string] $Text)
    $titles = @($Named | ForEach-Object { @($_['DisplayName'])[0] })
    $all = @(if ($Place.Creator) { Get-ConnectivityGuestRule -Creator $Place.Creator } else { Get-ConnectivityRule | Where-Object { Test-ConnectivityOwn $_ } })
    $own = @($all | Where-Object { $titles -ccontains $_.DisplayName })
    $key = if ($Place.Creator) { 'RemoteAddresses' } else { 'RemoteAddress' }
    $rules = Compare-ConnectivityRule -Wanted @(ConvertTo-ConnectivityNamedRule -Named $Named -Memory $Memory -Key $key) -Present $own
    $change = @{ Add = $rules.Add; Gone = $rules.Gone; Defaults = @(); Remembered = @{}; Names = (Compare-ConnectivityName -Place $Place -Named @() -Own @()) }
    $change.Names.Wanted, $change.Names.Differs, $change.Names.Memory = $true, $false, $Text
    try { $null = Set-ConnectivityPolicy -Change $change -Wanted @{ rules = @() } -Options @{ seconds = 0; removal = $false; defaults = $false; confirm_egress = 'none' } -Place $Place }
    catch {
        $reason = $_.Exception.Message
        $journal = Read-ConnectivityFile -Path $Place.Journal
        if ($journal -and $journal.phase -ne 'kept') { Undo-ConnectivityChange -Place $Place -Journal $journal -Reasons @($reason) }
        elseif ($journal) { return } # it is in force; the restore task removes the old rules, which are off
        throw "Windows refused the change: $reason"
    }
}

function Get-ConnectivityNameSource {
    # The program of the task as one script: everything that it needs to compare and change rules, and to take a change back.
    $names = 'ConvertTo-ConnectivityRange', 'ConvertTo-ConnectivitySet', 'Get-ConnectivityNextAddress', 'ConvertFrom-ConnectivityRange', 'Test-ConnectivityWithin',
    'Get-ConnectivityRuleKey', 'Compare-ConnectivityRule', 'Get-ConnectivityMeaning', 'ConvertTo-ConnectivityRule', 'ConvertFrom-ConnectivityText', 'Get-ConnectivityRegistry',
    'Get-ConnectivityRule', 'ConvertFrom-ConnectivityFilter', 'ConvertTo-ConnectivityProtocol', 'Get-ConnectivityProperty', 'Get-ConnectivityGuestRule', 'Test-ConnectivityOwn', 'Get-ConnectivitySource', 'New-ConnectivityTrigger', 'Register-ConnectivityTask', 'Get-ConnectivitySpecial',
    'ConvertTo-ConnectivityDigits', 'Get-ConnectivityEmbedded', 'Find-ConnectivitySpecial', 'Test-ConnectivityLocalName', 'Get-ConnectivityRefusal', 'New-ConnectivityTable',
    'Get-ConnectivitySorted', 'Get-ConnectivityLatest', 'Join-ConnectivityAnswer', 'Format-ConnectivityFew', 'Format-ConnectivityNew', 'Update-ConnectivityMemory',
    'Get-ConnectivityClock', 'Read-ConnectivityMemory', 'Get-ConnectivityMemoryDamage', 'ConvertFrom-ConnectivityMemory', 'Start-ConnectivityNameQuery', 'Find-ConnectivityAnswer', 'Get-ConnectivityNameList',
    'ConvertTo-ConnectivityNamed', 'ConvertTo-ConnectivityNamedRule', 'Compare-ConnectivityName', 'Add-ConnectivityNameLog', 'Invoke-ConnectivityNameTask',
    'Compare-ConnectivityAddress', 'Set-ConnectivityNamed', 'Get-ConnectivitySession', 'Set-ConnectivityPolicy', 'Add-ConnectivityRule'
    "`$script:connectivityRanges = New-Object 'System.Collections.Generic.Dictionary[string,string]'"
    '$script:connectivitySpecial = @{}'
    "`$script:connectivityJudged = New-Object 'System.Collections.Generic.Dictionary[string,string]'"
    Get-ConnectivitySource
    foreach ($name in $names) { "function $name {$((Get-Item -LiteralPath "function:$name").Definition)}" }
}
