# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# Brings Windows Firewall to the rules of the plan, in one change that is kept or taken back as a whole. Ansible's modules and
# the scripts of a plan are the same program.
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewallWords
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewallState
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewallJudgement
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsProbe
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewallReach
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewallTrial
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsNames
#AnsibleRequires -PowerShell ansible_collections.federated.connectivity.plugins.module_utils.WindowsFirewallNames

function ConvertTo-ConnectivityWanted {
    # What the plan wants, as Ansible or a script gives it, with everything that is left out.
    param([Parameter(Mandatory)] [Collections.IDictionary] $Given)
    $wanted = @{ rules = @(foreach ($entry in @($Given['rules'])) { if ($entry) { ConvertTo-ConnectivityRule $entry } }) }
    foreach ($key in 'closed', 'closed_without_rule', 'published', 'denied', 'names', 'own_names') {
        $wanted[$key] = [string[]] @(foreach ($text in @($Given[$key])) { if ($text) { $text } })
    }
    $wanted.named = @(ConvertTo-ConnectivityNamed $Given['named'])
    $wanted.shut = @(foreach ($entry in @($Given['shut'])) { if ($entry) { ConvertTo-ConnectivityRule $entry } })
    $wanted
}

function Find-ConnectivityNamed {
    # Asks for the host names of the rules; nothing where that is not wanted. Nobody waits for the lock while the name service is silent.
    param([Parameter(Mandatory)] [hashtable] $Wanted, [Parameter(Mandatory)] [hashtable] $Options, [Parameter(Mandatory)] [hashtable] $Place)
    $wrong = @($Options.private_answers | Where-Object { $_ -cnotmatch '^\.?[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\z' })
    if ($wrong.Count -gt 0) { throw "private_answers: '$($wrong[0])' is not a valid host name; a domain has a leading dot" }
    $Wanted.own_names = [string[]] @(Get-ConnectivitySorted @(@($Wanted.own_names) + @($Options.private_answers) | Select-Object -Unique))
    if ($Wanted.named.Count -eq 0 -or -not $Options.look_up_names) { return }
    $names = @(Get-ConnectivityNameList $Wanted.named)
    $memory = Read-ConnectivityMemory -Place $Place -Names $names -Own $Wanted.own_names -Clock (Get-ConnectivityClock)
    Find-ConnectivityAnswer -Names $names -Memory $memory
}

function Add-ConnectivityNamed {
    # Adds the rules with host names, with their addresses. Returns what to remember, and what an administrator has to know.
    param([Parameter(Mandatory)] [hashtable] $Wanted, [Parameter(Mandatory)] [hashtable] $Place, [AllowNull()] $Found)
    $own = $Wanted.own_names
    if ($Wanted.named.Count -eq 0) { return @{ Text = ''; Lines = @(); Own = $own } }
    $names, $clock = @(Get-ConnectivityNameList $Wanted.named), (Get-ConnectivityClock)
    $memory = Read-ConnectivityMemory -Place $Place -Names $names -Own $own -Clock $clock
    $lines = @(Get-ConnectivityMemoryDamage -Place $Place) + @(foreach ($name in $names) {
            if (-not $memory.ContainsKey($name)) { continue }
            $new = @(foreach ($address in $memory[$name].Keys) { if (-not $memory[$name][$address].told) { $address } })
            if ($new.Count -gt 0) { Format-ConnectivityNew $name $memory[$name] $new }
        })
    if ($null -ne $Found) {
        $seen = Update-ConnectivityMemory -Names $names -Memory $memory -Own $own -Found $Found -Now $clock.time
        $memory, $lines = $seen.Memory, ($lines + $seen.Lines)
    }
    $key = if ($Place.Creator) { 'RemoteAddresses' } else { 'RemoteAddress' }
    $Wanted.rules = @($Wanted.rules) + @(ConvertTo-ConnectivityNamedRule -Named $Wanted.named -Memory $memory -Key $key)
    @{ Text = ConvertFrom-ConnectivityMemory -Memory $memory -Clock $clock -Told; Lines = $lines; Own = $own }
}

function Get-ConnectivitySession {
    # The connection over which this host is being managed, told apart from every other one; empty where there is none.
    if ($env:SSH_CONNECTION) { return "ssh $env:SSH_CONNECTION" }
    # Over WinRM and PSRP each shell has a process of its own.
    $processes = @{}
    foreach ($one in Get-ConnectivityFromWmi Win32_Process) { $processes[[string] $one.ProcessId] = $one }
    $id = [string] $PID
    for ($depth = 0; $depth -lt 32 -and $processes.ContainsKey($id); $depth++) {
        $one = $processes[$id]
        if ($one.Name -in 'wsmprovhost.exe', 'winrshost.exe') { return "winrm $id $(([DateTime] $one.CreationDate).ToUniversalTime().Ticks)" }
        $id = [string] $one.ParentProcessId
    }
    ''
}

function Get-ConnectivityMemory {
    # Profile, then direction, then the default that the host had before the plan denied it.
    param([Parameter(Mandatory)] [hashtable] $Place)
    $memory = @{}
    $read = Read-ConnectivityFile -Path $Place.Memory
    if ($read) {
        foreach ($entry in $read.PSObject.Properties) {
            $memory[$entry.Name] = @{}
            foreach ($default in $entry.Value.PSObject.Properties) { $memory[$entry.Name][$default.Name] = [string] $default.Value }
        }
    }
    $memory
}

function Compare-ConnectivityDefault {
    # Profiles whose defaults change, before and after, and what the host has to remember of how they were.
    param([AllowEmptyCollection()] [string[]] $Denied, [Parameter(Mandatory)] [hashtable[]] $Profiles, [Parameter(Mandatory)] [hashtable] $Memory)
    $sides = @{ Inbound = 'ingress'; Outbound = 'egress' }
    $changes = @()
    $remembered = @{}
    foreach ($one in $Profiles) {
        if (-not $one.Configured) { continue }
        $before = if ($Memory.ContainsKey($one.Name)) { $Memory[$one.Name] } else { @{} }
        $after = @{}
        foreach ($side in 'Inbound', 'Outbound') {
            $earlier = if ($before.ContainsKey($side.ToLowerInvariant())) { $before[$side.ToLowerInvariant()] } else { $one.Configured[$side] }
            if ($sides[$side] -in $Denied) {
                $after[$side] = 'Block'
                if (-not $remembered.ContainsKey($one.Name)) { $remembered[$one.Name] = @{} }
                $remembered[$one.Name][$side.ToLowerInvariant()] = $earlier
            }
            else { $after[$side] = $earlier }
        }
        if ($after.Inbound -ne $one.Configured.Inbound -or $after.Outbound -ne $one.Configured.Outbound) {
            $changes += @{ Name = $one.Name; Before = $one.Configured; After = $after }
        }
    }
    @{ Changes = $changes; Remembered = $remembered }
}

function Get-ConnectivityExcess {
    # Why a run stops that would take much away; nothing where little enough goes.
    param([AllowEmptyCollection()] [string[]] $Gone, [int] $Count, [Parameter(Mandatory)] [hashtable] $Options)
    if ($Options.allow_shrink -or $Gone.Count -eq 0) { return }
    if ($Gone.Count -ne $Count -and -not ($Gone.Count -ge $Options.shrink_least -and $Gone.Count / $Count -gt $Options.shrink_share + 1e-9)) { return }
    $more = if ($Gone.Count -gt 10) { " and $($Gone.Count - 10) more" } else { '' }
    "the new policy would take much away from the one in force, so nothing was changed. Gone would be $($Gone.Count) of $Count rules: " +
    "$(@($Gone | Select-Object -First 10) -join ', ')$more. If you intend this, run again with connectivity_allow_shrink: true; if not, " +
    'correct the inventory or the plan'
}

function Get-ConnectivityChange {
    # What is in force, what would change, and what speaks against it. Changes nothing.
    param([Parameter(Mandatory)] [hashtable] $Wanted, [Parameter(Mandatory)] [hashtable] $Options, [Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [hashtable] $Looked)
    $defaults = @{ Changes = @(); Remembered = @{} }
    if ($Place.Creator) {
        $own = @(Get-ConnectivityGuestRule -Creator $Place.Creator)
        $judgement = @{ Errors = @(); Warnings = @() }
        if (-not $Options.removal) {
            $others = @(Get-ConnectivityGuestRule -Creator $Place.Creator -Others)
            $judgement.Warnings = @(Get-ConnectivityGuestDoubt -Creator $Place.Creator) +
            @(Get-ConnectivityContradiction -Rules $Wanted.rules -Closed $Wanted.closed -Published @() -Others $others -Shut $Wanted['shut'])
        }
    }
    else {
        $own, $others = @(), @()
        foreach ($rule in Get-ConnectivityRule -Reader $Options.reader) { if (Test-ConnectivityOwn $rule) { $own += $rule } else { $others += $rule } }
        $profiles = @(Get-ConnectivityProfile)
        $judgement = @{ Errors = @(); Warnings = @() }
        if ($Options.defaults) {
            try { $memory = Get-ConnectivityMemory $Place }
            catch {
                if (-not $Options.removal) { throw }
                $memory = @{}
                $judgement.Warnings = @("$($Place.Memory) is damaged, and is removed. So the defaults of the profiles stay as they are; look at them")
            }
            $defaults = Compare-ConnectivityDefault -Denied $Wanted.denied -Profiles $profiles -Memory $memory
        }
        if (-not $Options.removal) {
            $judgement = Get-ConnectivityJudgement -Wanted $Wanted -Others $others -Profiles $profiles -ManagementPort $Options.management_port
        }
    }
    $rules = Compare-ConnectivityRule -Wanted $Wanted.rules -Present $own
    $names = @($own | ForEach-Object { $_.DisplayName } | Sort-Object -Unique)
    $kept = @($Wanted.rules | ForEach-Object { $_.DisplayName }) + @($Wanted.named | ForEach-Object { @($_['DisplayName'])[0] })
    $lost = @($names | Where-Object { $kept -cnotcontains $_ })
    $excess = if (-not $Options.removal) { Get-ConnectivityExcess -Gone $lost -Count $names.Count -Options $Options }
    if ($excess -and $Options.check_mode) { $judgement.Warnings += "without check mode this run would stop: $excess" }
    elseif ($excess) { $judgement.Errors += $excess }
    @{
        Own = $own; Add = $rules.Add; Gone = $rules.Gone; Defaults = $defaults.Changes; Remembered = $defaults.Remembered
        Errors = @($judgement.Errors); Warnings = @($judgement.Warnings)
        Names = Compare-ConnectivityName -Place $Place -Named $Wanted.named -Own $Looked.Own -Memory $Looked.Text
    }
}

function Get-ConnectivityGuestDoubt {
    param([Parameter(Mandatory)] [string] $Creator)
    foreach ($one in Get-NetFirewallHyperVVMSetting -PolicyStore ActiveStore -Name $Creator -ErrorAction Stop) {
        if ("$($one.Enabled)" -eq 'False') { 'the Hyper-V firewall is off for WSL, so every port is open there' }
        if ("$($one.DefaultInboundAction)" -eq 'Allow') { 'the Hyper-V firewall lets into WSL what no rule blocks, so the ports are open to everybody there' }
    }
}

function Format-ConnectivityChange {
    # The places that change, and the rules of these places before and after.
    param([Parameter(Mandatory)] [hashtable] $Change, [Parameter(Mandatory)] [hashtable] $Wanted, [Parameter(Mandatory)] [hashtable] $Place)
    $names = @(@($Change.Gone) + @($Change.Add) | ForEach-Object { $_.DisplayName } | Sort-Object -Unique)
    $before, $after, $changes, $lines = @(), @(), @(), @()
    foreach ($name in $names) {
        $old, $new = @($Change.Own | Where-Object { $_.DisplayName -ceq $name }), @($Wanted.rules | Where-Object { $_.DisplayName -ceq $name })
        $was, $will = @(if ($old.Count -gt 0) { Format-ConnectivityRule $old }), @(if ($new.Count -gt 0) { Format-ConnectivityRule $new })
        $lines += Format-ConnectivityDifference -Before $was -After $will
        $before, $after, $changes = ($before + $was), ($after + $will), ($changes + "rule $name")
    }
    foreach ($one in $Change.Defaults) {
        $was = "defaults of profile $($one.Name): inbound $($one.Before.Inbound), outbound $($one.Before.Outbound)"
        $will = "defaults of profile $($one.Name): inbound $($one.After.Inbound), outbound $($one.After.Outbound)"
        $lines += "- $was", "+ $will"
        $before, $after, $changes = ($before + $was), ($after + $will), ($changes + "defaults of profile $($one.Name)")
    }
    if ($Change.Names.Differs) {
        $was = @(if ($Change.Names.Before.task) { Format-ConnectivityName -Rules $Change.Names.Before.rules -Place $Place })
        $will = @(Format-ConnectivityName -Rules $Change.Names.Files.Rules -Place $Place)
        $lines += Format-ConnectivityDifference -Before $was -After $will
        $before, $after, $changes = ($before + $was), ($after + $will), ($changes + "scheduled task $($Place.NamesTask)")
    }
    $text = { param($lines) (@($lines) | ForEach-Object { "$_`n" }) -join '' }
    @{ changes = $changes; before = & $text $before; after = & $text $after; lines = $lines }
}

function Format-ConnectivityDifference {
    # One rule as a difference: what it does, with the peers that go and those that come.
    param([AllowEmptyCollection()] [string[]] $Before, [AllowEmptyCollection()] [string[]] $After)
    $old = New-Object 'System.Collections.Generic.HashSet[string]' -ArgumentList (, [string[]] $Before)
    $new = New-Object 'System.Collections.Generic.HashSet[string]' -ArgumentList (, [string[]] $After)
    if ($Before.Count -gt 0 -and $After.Count -gt 0 -and $Before[0] -ceq $After[0]) { "  $($After[0])" }
    foreach ($line in $Before) { if (-not $new.Contains($line)) { "- $line" } }
    foreach ($line in $After) { if (-not $old.Contains($line)) { "+ $line" } }
}

function Invoke-ConnectivityPolicy {
    # Brings the host to what is wanted. Returns changed, changes, before, after, lines (the difference for people), errors, warnings, names
    # (warnings about host names), empty (rules whose names have no address), and
    # on_trial where a change waits.
    #   check_mode, removal, allow_shrink, shrink_share, shrink_least, management_port, confirm_egress as the module documents them
    #   seconds    how long a change waits to be confirmed; 0: it is kept at once
    #   defaults   whether the profiles' defaults are ours to set
    #   private_answers, look_up_names as the module documents them
    #   creator    the Hyper-V firewall of this creator of virtual machines instead of Windows Firewall
    param([Parameter(Mandatory)] [Collections.IDictionary] $Given, [hashtable] $Options = @{})
    $usual = @{
        check_mode = $false; removal = $false; allow_shrink = $false; shrink_share = 1 / 3; shrink_least = 3; management_port = 0; reader = ''
        confirm_egress = 'kept'; seconds = 0; defaults = $true; creator = ''
        private_answers = @(); look_up_names = $true
    }
    foreach ($key in @($Options.Keys)) { $usual[$key] = $Options[$key] }
    $Options = $usual
    $wanted = ConvertTo-ConnectivityWanted $(if ($Options.removal) { @{} } else { $Given })
    $place = Get-ConnectivityPlace -Creator $Options.creator
    $result = @{ changed = $false; changes = @(); before = ''; after = ''; lines = @(); errors = @(); warnings = @(); names = @(); unrestored = $false; empty = @() }
    $found = Find-ConnectivityNamed -Wanted $wanted -Options $Options -Place $place
    $lock = if (-not $Options.check_mode) { Enter-ConnectivityLock -Place $place }
    try {
        $pending = Resolve-ConnectivityPending -Place $place -CheckMode $Options.check_mode -Removal $Options.removal
        $looked = Add-ConnectivityNamed -Wanted $wanted -Place $place -Found $found
        $result.names = @($looked.Lines)
        $written = @($wanted.rules | ForEach-Object { $_.DisplayName })
        $result.empty = @($wanted.named | ForEach-Object { @($_['DisplayName'])[0] } | Where-Object { $written -cnotcontains $_ })
        $change = Get-ConnectivityChange -Wanted $wanted -Options $Options -Place $place -Looked $looked
        $result.errors = @($pending.Errors) + $change.Errors
        $result.warnings = @($pending.Warnings) + $change.Warnings
        if ($result.errors.Count -gt 0) { return $result }
        $shown = Format-ConnectivityChange -Change $change -Wanted $wanted -Place $place
        foreach ($key in 'changes', 'before', 'after', 'lines') { $result[$key] = $shown[$key] }
        $result.changed = $shown.changes.Count -gt 0
        $unable = Get-ConnectivityTaskObstacle
        if ($unable -and $result.changed -and $Options.seconds -gt 0) {
            $result.changed, $result.changes = $false, @()
            $result.errors = @("$unable would not take an unconfirmed change back, so nothing was changed. Let scripts run here, or set firewall_confirm_timeout to 0")
            return $result
        }
        if ($unable -and $change.Names.Wanted) { $result.warnings += "$unable does not look host names up again; their addresses are those of the last run" }
        if ($Options.check_mode) { return $result }
        if (-not $result.changed) {
            if ($change.Names.Wanted) { Save-ConnectivityFile -Path $place.NamesMemory -Text $change.Names.Memory }
            if ($Options.removal) { foreach ($file in $place.Outcome, $place.Memory) { Remove-ConnectivityFile -Path $file } }
            return $result
        }
        try {
            $trial = Set-ConnectivityPolicy -Change $change -Wanted $wanted -Options $Options -Place $place
            if ($trial) { $result.on_trial = $trial }
        }
        catch {
            $reason, $object = $_.Exception.Message, $_.Exception.Data['connectivity']
            $at = @(if ($object) { "it refused $object" })
            $journal = Read-ConnectivityFile -Path $place.Journal
            $result.changed, $result.changes = $false, @()
            if ($journal -and $journal.phase -eq 'kept') {
                $result.changed, $result.changes = $true, $shown.changes
                $result.warnings += "the new rules are in force, but the old ones, which are off, could not be removed: $reason"
                return $result
            }
            try {
                if ($journal) { Undo-ConnectivityChange -Place $place -Journal $journal -Reasons @($reason) }
                $result.errors = @("Windows refused the change: $reason") + $at + @('the rules and defaults of this collection are as they were before')
            }
            catch { $result.unrestored, $result.errors = $true, (@("Windows refused the change: $reason") + $at + $_.Exception.Message) }
        }
        $result
    }
    finally { if ($lock) { Exit-ConnectivityLock -Place $place -Lock $lock } }
}

function Set-ConnectivityPolicy {
    # Writes a change: new rules, defaults, then the old rules are turned off. Returns the trial, where the change waits for one.
    param([Parameter(Mandatory)] [hashtable] $Change, [Parameter(Mandatory)] [hashtable] $Wanted, [Parameter(Mandatory)] [hashtable] $Options, [Parameter(Mandatory)] [hashtable] $Place)
    $new = @(foreach ($rule in $Change.Add) { @{ Id = '{' + [guid]::NewGuid().ToString().ToUpperInvariant() + '}'; Rule = $rule } })
    $steps = $new.Count + $Change.Gone.Count + $Change.Defaults.Count
    $names = $Change.Names.Before + @{ keep = [bool] $Change.Names.Wanted; differs = [bool] $Change.Names.Differs }
    $before = if (Test-Path -LiteralPath $Place.Memory) { [IO.File]::ReadAllText($Place.Memory) } else { '' }
    # Where rules of the Hyper-V firewall cannot be turned off, they stay on until the change is kept.
    $switch = -not $Place.Creator -or (Get-Command Set-NetFirewallHyperVRule -ErrorAction SilentlyContinue)
    $reach = @(if ($Options.seconds -gt 0) { Get-ConnectivityReach -Rules $Wanted.rules -Which $Options.confirm_egress })
    $journal = [pscustomobject] @{
        token = [guid]::NewGuid().ToString('N'); phase = 'writing'; trial = $Options.seconds -gt 0; removal = [bool] $Options.removal
        seconds = $Options.seconds; deadline = [DateTime]::UtcNow.AddSeconds($Options.seconds + 120 + 10 * $steps).Ticks
        session = Get-ConnectivitySession; boot = Get-ConnectivityBoot; add = @($new | ForEach-Object { $_.Id })
        off = @($Change.Gone | Where-Object { $switch -and $_.Active -eq 'True' } | ForEach-Object { $_.Id }); gone = @($Change.Gone | ForEach-Object { $_.Id })
        defaults = @($Change.Defaults | ForEach-Object { @{ profile = $_.Name; inbound = $_.Before.Inbound; outbound = $_.Before.Outbound } })
        names = $(if ($Change.Names.Wanted -or $Change.Names.Present) { $names })
        memory = $before; forget = $Options.defaults -and $Change.Remembered.Count -eq 0; reach = $reach
    }
    Save-ConnectivityFile -Path $Place.Journal -Text ($journal | ConvertTo-Json -Depth 6)
    $source = @(Get-ConnectivitySource) + "Set-StrictMode -Version 2.0`n`$ErrorActionPreference = 'Stop'`nInvoke-ConnectivityTask -Creator '$($Place.Creator)'"
    Save-ConnectivityFile -Path $Place.Script -Text ($source -join "`n")
    Register-ConnectivityTask -Place $Place -At (New-Object DateTime -ArgumentList ($journal.deadline, [DateTimeKind]::Utc))
    if ($Change.Names.Wanted -and -not $Change.Names.Differs) { Save-ConnectivityFile -Path $Place.NamesMemory -Text $Change.Names.Memory }
    elseif ($Change.Names.Wanted) { Save-ConnectivityName -Place $Place -Rules $Change.Names.Files.Rules -Program $Change.Names.Files.Program -Memory $Change.Names.Memory }
    foreach ($one in $new) {
        try { Add-ConnectivityRule -Place $Place -Id $one.Id -Rule $one.Rule } catch { $_.Exception.Data['connectivity'] = "rule $($one.Rule.DisplayName)"; throw }
    }
    if ($Change.Remembered.Count -gt 0) { Save-ConnectivityFile -Path $Place.Memory -Text ($Change.Remembered | ConvertTo-Json) }
    foreach ($one in $Change.Defaults) {
        $defaults = @{ DefaultInboundAction = $one.After.Inbound; DefaultOutboundAction = $one.After.Outbound }
        try { Set-NetFirewallProfile -Name $one.Name -PolicyStore PersistentStore @defaults -ErrorAction Stop }
        catch { $_.Exception.Data['connectivity'] = "the defaults of profile $($one.Name)"; throw }
    }
    if ($Change.Defaults.Count -gt 0) {
        $still = @(Get-ConnectivityUnfit -Profiles @(Get-ConnectivityProfile) -Rules @() -Closed @() -Denied $Wanted.denied)
        if ($still.Count -gt 0) { throw ($still -join '; ') }
    }
    foreach ($id in $journal.off) { Switch-ConnectivityRule -Place $Place -Id $id -Enabled False }
    if (-not $journal.trial) { Complete-ConnectivityChange -Place $Place -Journal $journal; return }
    $end = [DateTime]::UtcNow.AddSeconds($Options.seconds)
    $journal.phase, $journal.deadline = 'trial', $end.Ticks
    Save-ConnectivityFile -Path $Place.Journal -Text ($journal | ConvertTo-Json -Depth 6)
    Register-ConnectivityTask -Place $Place -At $end
    @{ token = $journal.token; seconds = $Options.seconds }
}

function Add-ConnectivityRule {
    param([Parameter(Mandatory)] [hashtable] $Place, [Parameter(Mandatory)] [string] $Id, [Parameter(Mandatory)] [hashtable] $Rule)
    $given = $Rule.Given
    if ($Place.Creator) { $null = New-NetFirewallHyperVRule -Name $Id -VMCreatorId $Place.Creator -Action Allow @given -ErrorAction Stop }
    else {
        $null = New-NetFirewallRule -Name $Id -PolicyStore PersistentStore -Group (Get-ConnectivityGroup) -Action Allow -Profile Any @given -ErrorAction Stop
    }
}

function Confirm-ConnectivityPolicy {
    # Ends a trial: the change is kept if this connection is newer than the change, and what was reachable still is. Otherwise it goes.
    param([Parameter(Mandatory)] [string] $Token)
    $place = Get-ConnectivityPlace
    $unknown = @{ outcome = ''; errors = @("no change of this host waits to be confirmed by $Token. Run firewall_policy again") }
    if (-not (Test-Path -LiteralPath $place.Directory)) { return $unknown }
    $lock = Enter-ConnectivityLock -Place $place
    try {
        $journal = Read-ConnectivityFile -Path $place.Journal
        if (-not $journal -or $journal.token -ne $Token) {
            $record = Read-ConnectivityFile -Path $place.Outcome
            if (-not $record -or $record.token -ne $Token) { return $unknown }
            return @{ outcome = [string] $record.outcome; errors = @($record.messages | Where-Object { $_ }) }
        }
        if ($journal.phase -eq 'kept') { Complete-ConnectivityChange -Place $place -Journal $journal; return @{ outcome = 'confirmed'; errors = @() } }
        $problems = @(Get-ConnectivityDoubt -Journal $journal)
        if ($problems.Count -gt 0) {
            try { Undo-ConnectivityChange -Place $place -Journal $journal -Reasons $problems }
            catch { return @{ outcome = 'failed'; errors = $problems + $_.Exception.Message } }
            return @{ outcome = 'restored'; errors = $problems + 'the rules and defaults of this collection are as they were before' }
        }
        try { Complete-ConnectivityChange -Place $place -Journal $journal }
        catch {
            if ($journal.phase -ne 'kept') { throw }
            return @{ outcome = 'confirmed'; errors = @(); warnings = @("the old rules, which are off, could not be removed: $($_.Exception.Message)") }
        }
        @{ outcome = 'confirmed'; errors = @() }
    }
    finally { Exit-ConnectivityLock -Place $place -Lock $lock }
}

function Get-ConnectivityDoubt {
    # Why a change does not deserve to be kept.
    param([Parameter(Mandatory)] $Journal)
    $session = Get-ConnectivitySession
    if (-not $session -or -not $Journal.session) { 'a new connection cannot be told from the one that made the change, so nothing is proven. Use SSH, WinRM or PSRP' }
    elseif ($session -eq $Journal.session) {
        "the connection that should confirm it is the one that made the change ($session), so it proves nothing. Let the connection plugin open a new one when it is reset"
    }
    if (Test-ConnectivityRestarted -Journal $Journal) { 'the host was restarted before anybody confirmed it' }
    elseif ([DateTime]::UtcNow.Ticks -ge [long] $Journal.deadline) { "nobody confirmed it within $($Journal.seconds) seconds" }
    $wanted = @($Journal.reach | Where-Object { $_ })
    $reached = @(Select-ConnectivityReached -Targets $wanted)
    foreach ($target in $wanted) { if ($target -notin $reached) { "it cuts $target, which must be reachable" } }
}
