# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Rules whose peers have host names: when a run looks them up, when the scheduled task does, and what is left of them. The name service is
# a table of these tests. Faults are injected at each write, files included.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    $savesFile, $removesFile = ${function:Save-ConnectivityFile}, ${function:Remove-ConnectivityFile}
    $realSource, $realSearch, $realClock = ${function:Get-ConnectivityNameSource}, ${function:Start-ConnectivityNameQuery}, ${function:Get-ConnectivityClock}
    $program = Get-ConnectivityNameSource
    $script:service = @{}
    $script:later = 0.0
    function Start-ConnectivityNameQuery([string] $Name) {
        if (-not $script:service.ContainsKey($Name)) { throw [Net.Sockets.SocketException] 11001 }
        $answers = [Net.IPAddress[]] @($script:service[$Name] | ForEach-Object { [Net.IPAddress]::Parse($_) })
        [Threading.Tasks.Task]::FromResult($answers)
    }
    function Get-ConnectivityClock { $clock = & $realClock; $clock.time += $script:later; $clock.running += $script:later; $clock }
    function Get-ConnectivityNameSource { $program }
    $env:SSH_CONNECTION = '192.0.2.1 40000 192.0.2.2 22'

    function New-NamedRule([string] $Name = 'test.name', [string[]] $Names = 'api.example.org', [string[]] $Peers = @()) {
        $rule = New-TestRule $Name -Direction Outbound -Ports '443' -Peers $Peers
        if ($Peers.Count -eq 0) { $rule.Remove('RemoteAddress') }
        $rule.Names = $Names
        $rule
    }
    function Get-NamedPolicy([hashtable[]] $Named = @(New-NamedRule)) {
        @{ rules = @(New-TestRule 'test.in'); named = $Named; denied = @('egress') }
    }
    function Get-Peers([string] $Name = 'test.name') {
        $found = @(Get-ConnectivityRule | Where-Object { $_.DisplayName -ceq "federated.connectivity $Name" -and $_.Active -eq 'True' })
        @($found | ForEach-Object { $_.RemoteAddress } | Sort-Object)
    }
    function Get-TaskNames { @((Get-Content $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable).tasks | ForEach-Object { $_.TaskName } | Sort-Object) }
    function Get-Files { $place = Get-ConnectivityPlace; if (Test-Path $place.Directory) { @(Get-ChildItem $place.Directory | ForEach-Object { $_.Name } | Where-Object { $_ -ne 'lock' } | Sort-Object) } }
    function Invoke-Change([hashtable] $Given, [hashtable] $Options = @{}) {
        $done = Invoke-ConnectivityPolicy -Given $Given -Options (@{ allow_shrink = $true; confirm_egress = 'none' } + $Options)
        if ($done.errors.Count -gt 0) { throw ($done.errors -join '; ') }
        $done
    }
    function Restart-Counting {
        Remove-Module WindowsStandIn; Import-Module (Join-Path $PSScriptRoot 'WindowsStandIn/WindowsStandIn.psd1')
        Remove-Item $env:STAND_IN_LOG -ErrorAction SilentlyContinue
    }
}

Describe 'Rules with host names' {
    BeforeEach { Reset-TestHost; $before = Get-TestHost; $script:service = @{ 'api.example.org' = '203.0.113.9', '2001:db8::9' }; $script:later = 0.0 }
    AfterAll { Reset-TestHost }

    It 'get the addresses of the names, and a task that looks them up again; a second run changes nothing; removal leaves nothing' {
        $seen = Invoke-Change (Get-NamedPolicy) @{ check_mode = $true }
        $seen.changes | Should -Contain 'scheduled task federated.connectivity names'
        $seen.after | Should -BeLike '*test.name: to api.example.org*'
        Get-TestHost | Should -Be $before
        Get-Files | Should -BeNullOrEmpty

        $done = Invoke-Change (Get-NamedPolicy)
        $done.names | Should -BeNullOrEmpty
        Get-Peers | Should -Be '2001:db8::9', '203.0.113.9'
        Get-TaskNames | Should -Be 'federated.connectivity names'
        Get-Files | Should -Be 'defaults.json', 'named_rules.json', 'names.json', 'names.ps1'
        $again = Invoke-Change (Get-NamedPolicy)
        $again.changed, $again.changes.Count | Should -Be $false, 0

        (Invoke-Change @{} @{ removal = $true }).changes | Should -Contain 'scheduled task federated.connectivity names'
        Get-TestHost | Should -Be $before
        Get-TaskNames | Should -BeNullOrEmpty
        Test-Path (Get-ConnectivityPlace).Directory | Should -BeFalse
    }
    It 'lose the task when the plan has no names any longer' {
        $null = Invoke-Change (Get-NamedPolicy)
        $null = Invoke-Change (Get-NamedPolicy @())
        Get-TaskNames | Should -BeNullOrEmpty
        Get-Files | Should -Be 'defaults.json'
        Get-Peers | Should -BeNullOrEmpty
    }
    It 'get a task again that somebody removed, and a program that somebody changed' {
        $null = Invoke-Change (Get-NamedPolicy)
        Unregister-ScheduledTask -TaskName 'federated.connectivity names' -Confirm:$false
        (Invoke-Change (Get-NamedPolicy)).changes | Should -Be 'scheduled task federated.connectivity names'
        [IO.File]::AppendAllText((Get-ConnectivityPlace).NamesProgram, '# more')
        (Invoke-Change (Get-NamedPolicy)).changes | Should -Be 'scheduled task federated.connectivity names'
        Get-TaskNames | Should -Be 'federated.connectivity names'
    }
    It 'get their task on again if somebody turned it off' -Skip:$onWindows {
        $null = Invoke-Change (Get-NamedPolicy)
        $state = Get-Content $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable
        $state.tasks[0].Disabled = $true
        [IO.File]::WriteAllText($env:STAND_IN, ($state | ConvertTo-Json -Depth 20))
        Restart-Counting
        (Invoke-Change (Get-NamedPolicy)).changes | Should -Be 'scheduled task federated.connectivity names'
        "$((Get-ScheduledTask -TaskName 'federated.connectivity names').State)" | Should -Be 'Ready'
        (Invoke-Change (Get-NamedPolicy)).changes.Count | Should -Be 0
    }
    It 'come with a warning where Group Policy lets no task run a script, and with a trial nothing is changed there' {
        function Get-ExecutionPolicy { param($Scope) if ($Scope -eq 'MachinePolicy') { 'AllSigned' } }
        { Invoke-Change (Get-NamedPolicy) @{ seconds = 60 } } | Should -Throw '*execution policy AllSigned*would not take an unconfirmed change back, so nothing was changed*'
        Get-TestHost | Should -Be $before
        (Invoke-Change (Get-NamedPolicy)).warnings | Should -BeLike '*AllSigned*does not look host names up again*'
        Get-Peers | Should -Be '2001:db8::9', '203.0.113.9'
        (Invoke-Change (Get-NamedPolicy) @{ seconds = 60 }).changed | Should -BeFalse
    }
    It 'say so if what is remembered is damaged' {
        $null = Invoke-Change (Get-NamedPolicy)
        [IO.File]::WriteAllText((Get-ConnectivityPlace).NamesMemory, '{"entries": [')
        $script:service = @{}
        ((Invoke-Change (Get-NamedPolicy)).names -join '; ') | Should -BeLike '*names.json is damaged, so the last known addresses are lost*' -Because 'an administrator has to know'
        Get-Peers | Should -BeNullOrEmpty
    }
    It 'are logged once a day where the same is seen again, and each time where addresses change' {
        $place = Get-ConnectivityPlace
        $null = [IO.Directory]::CreateDirectory($place.Directory)
        foreach ($turn in 1..3) { Add-ConnectivityNameLog -Place $place -Seen 'x could not be looked up' -Lines 'y: +203.0.113.9' }
        @([IO.File]::ReadAllLines($place.NamesLog) -replace '^.{16} UTC ') | Should -Be 'x could not be looked up', 'y: +203.0.113.9', 'y: +203.0.113.9', 'y: +203.0.113.9'
        [IO.File]::WriteAllText($place.NamesLog, "2020-01-01 00:00 UTC x could not be looked up`r`n")
        Add-ConnectivityNameLog -Place $place -Seen 'x could not be looked up'
        @([IO.File]::ReadAllLines($place.NamesLog)).Count | Should -Be 2
        Remove-Item -LiteralPath $place.Directory -Recurse
    }
    It 'open nothing without an answer, and keep what the plan itself names' {
        $script:service = @{}
        $done = Invoke-Change (Get-NamedPolicy @((New-NamedRule), (New-NamedRule 'test.both' -Peers '198.51.100.0/24')))
        $done.names | Should -Be "api.example.org could not be looked up on this host, so its rules open nothing; check the host's name service"
        Get-Peers | Should -BeNullOrEmpty
        Get-Peers 'test.both' | Should -Be '198.51.100.0/255.255.255.0'
        $done.changes | Should -Not -Contain 'rule federated.connectivity test.name'
    }
    It 'do not open <_>' -ForEach '127.0.0.1', '169.254.169.254', '10.0.0.5', '::ffff:10.0.0.5', '2001:0:cb00:7109::1', 'fd00:ec2::254', '2002:a00:5::1' {
        $script:service = @{ 'api.example.org' = $_ }
        (Invoke-Change (Get-NamedPolicy)).names[0] | Should -BeLike 'ignored * for api.example.org: it is *'
        Get-Peers | Should -BeNullOrEmpty
    }
    It 'may have private addresses where that is declared, or for the forward proxy' {
        $script:service = @{ 'api.example.org' = '10.0.0.5' }
        $null = Invoke-Change (Get-NamedPolicy) @{ private_answers = @('.example.org') }
        Get-Peers | Should -Be '10.0.0.5'
        $null = Invoke-Change ((Get-NamedPolicy) + @{ own_names = @('api.example.org') })
        Get-Peers | Should -Be '10.0.0.5'
        { Invoke-Change (Get-NamedPolicy) @{ private_answers = @('not a name') } } | Should -Throw "*'not a name' is not a valid host name*"
    }
    It 'keep the last good addresses, and lose them after a week' {
        $null = Invoke-Change (Get-NamedPolicy)
        $script:service = @{}
        $script:later = 86400.0
        $done = Invoke-Change (Get-NamedPolicy)
        $done.names | Should -BeLike 'api.example.org could not be looked up on this host; its last known addresses stay in force: *'
        $done.changed | Should -BeFalse
        Get-Peers | Should -Be '2001:db8::9', '203.0.113.9'
        $script:later = 9 * 86400.0
        (Invoke-Change (Get-NamedPolicy)).names | Should -BeLike 'api.example.org could not be looked up for 7 days*'
        Get-Peers | Should -BeNullOrEmpty
        (Invoke-ConnectivityPolicy -Given (Get-NamedPolicy)).errors | Should -BeNullOrEmpty
    }
    It 'go by what is remembered where nothing is to be looked up' {
        $null = Invoke-Change (Get-NamedPolicy)
        $script:service = @{ 'api.example.org' = '203.0.113.10' }
        (Invoke-Change (Get-NamedPolicy) @{ look_up_names = $false; check_mode = $true }).changed | Should -BeFalse
        (Invoke-Change (Get-NamedPolicy) @{ check_mode = $true }).lines | Should -Contain '+   to 203.0.113.9-203.0.113.10'
    }
    It 'are several rules of one name where there are too many addresses' {
        $names = @(0..9 | ForEach-Object { "n$_.example.org" })
        foreach ($name in $names) { $script:service[$name] = @(0..127 | ForEach-Object { "203.0.$($names.IndexOf($name)).$_" }) }
        $null = Invoke-Change (Get-NamedPolicy @(New-NamedRule -Names $names))
        @(Get-NetFirewallRule -DisplayName 'federated.connectivity test.name').Count | Should -Be 2
        (Get-Peers).Count | Should -Be 1280
        (Invoke-Change (Get-NamedPolicy @(New-NamedRule -Names $names))).changed | Should -BeFalse
    }
    It 'have no memory where the file is damaged' {
        $null = Invoke-Change (Get-NamedPolicy)
        [IO.File]::WriteAllText((Get-ConnectivityPlace).NamesMemory, '{"entries": [{"name"')
        $null = Invoke-Change (Get-NamedPolicy)
        Get-Peers | Should -Be '2001:db8::9', '203.0.113.9'
    }
    It 'are as before if nobody confirms: <Words>' -ForEach @(
        @{ Words = 'the task comes'; First = @(); Then = @('test.name') }, @{ Words = 'the task goes'; First = @('test.name'); Then = @() }
        @{ Words = 'the task changes'; First = @('test.name'); Then = @('test.name', 'test.other') }
    ) {
        $null = Invoke-Change (Get-NamedPolicy @($First | ForEach-Object { New-NamedRule $_ }))
        $old, $tasks, $files = (Get-TestHost), (Get-TaskNames), (Get-Files)
        $rules = if ($First) { [IO.File]::ReadAllText((Get-ConnectivityPlace).NamesRules) }
        $trial = (Invoke-Change (Get-NamedPolicy @($Then | ForEach-Object { New-NamedRule $_ })) @{ seconds = 60 }).on_trial
        Get-TestHost | Should -Not -Be $old
        (Confirm-ConnectivityPolicy $trial.token).outcome | Should -Be 'restored'
        Get-TestHost | Should -Be $old
        Get-TaskNames | Should -Be $tasks
        @(Get-Files | Where-Object { $_ -ne 'outcome.json' }) | Should -Be $files
        if ($First) { [IO.File]::ReadAllText((Get-ConnectivityPlace).NamesRules) | Should -Be $rules }
    }
    It 'work for the Hyper-V firewall of WSL' {
        $creator = '{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}'
        $rule = @{ DisplayName = 'federated.connectivity test.wsl'; Direction = 'Outbound'; Protocol = 'TCP'; RemotePorts = '443'; Names = 'api.example.org' }
        $options = @{ creator = $creator; defaults = $false }
        $null = Invoke-Change @{ rules = @(); named = @($rule) } $options
        @(Get-NetFirewallHyperVRule)[0].RemoteAddresses | Should -Be '203.0.113.9', '2001:db8::9'
        Get-TaskNames | Should -Be 'federated.connectivity.wsl names'
        $script:service = @{ 'api.example.org' = '203.0.113.10' }
        Invoke-ConnectivityNameTask -Creator $creator
        @(@(Get-NetFirewallHyperVRule)[0].RemoteAddresses) | Should -Contain '203.0.113.10'
        $null = Invoke-Change @{} ($options + @{ removal = $true })
        @(Get-NetFirewallHyperVRule).Count | Should -Be 0
        Get-TaskNames | Should -BeNullOrEmpty
    }
}

Describe 'The scheduled task' {
    BeforeEach {
        Reset-TestHost
        $script:service, $script:later = @{ 'api.example.org' = '203.0.113.9' }, 0.0
        $null = Invoke-Change (Get-NamedPolicy)
    }
    AfterAll { Reset-TestHost }

    It 'adds a new address, writes it down, and the next run reports it once' {
        $script:service = @{ 'api.example.org' = '203.0.113.10' }
        Invoke-ConnectivityNameTask
        Get-Peers | Should -Be '203.0.113.10', '203.0.113.9'
        [IO.File]::ReadAllText((Get-ConnectivityPlace).NamesLog) | Should -BeLike '*api.example.org: new address 203.0.113.10 since*api.example.org: +203.0.113.10*'
        $done = Invoke-Change (Get-NamedPolicy)
        $done.names | Should -BeLike 'api.example.org: new address 203.0.113.10 since *'
        $done.changed | Should -BeFalse
        (Invoke-Change (Get-NamedPolicy)).names | Should -BeNullOrEmpty
        $script:later = 90000.0
        Invoke-ConnectivityNameTask
        Get-Peers | Should -Be '203.0.113.10'
    }
    It 'touches nothing where the addresses are as before, drift and other rules included' {
        Set-NetFirewallRule -DisplayName 'federated.connectivity test.name' -Program 'C:\own.exe'
        Set-NetFirewallRule -DisplayName 'federated.connectivity test.in' -RemoteAddress '203.0.113.77'
        $old = Get-TestHost
        Invoke-ConnectivityNameTask
        Get-TestHost | Should -Be $old
        $script:service = @{}
        Invoke-ConnectivityNameTask
        Get-TestHost | Should -Be $old
        $script:service = @{ 'api.example.org' = '203.0.113.10' }
        Invoke-ConnectivityNameTask
        Get-Peers 'test.in' | Should -Be '203.0.113.77'
        Get-Peers | Should -Be '203.0.113.10', '203.0.113.9'
    }
    It 'leaves a change alone that waits to be confirmed' {
        $trial = (Invoke-Change (Get-NamedPolicy @(New-NamedRule -Names 'api.example.org', 'other.example.org')) @{ seconds = 60 }).on_trial
        $waiting = Get-TestHost
        $script:service = @{ 'api.example.org' = '203.0.113.10' }
        Invoke-ConnectivityNameTask
        Get-TestHost | Should -Be $waiting
        [IO.File]::ReadAllText((Get-ConnectivityPlace).NamesLog) | Should -BeLike '*waits to be confirmed*'
        $env:SSH_CONNECTION = "192.0.2.1 $(Get-Random -Minimum 41000 -Maximum 60000) 192.0.2.2 22"
        (Confirm-ConnectivityPolicy $trial.token).outcome | Should -Be 'confirmed'
        Invoke-ConnectivityNameTask
        Get-Peers | Should -Be '203.0.113.10', '203.0.113.9'
    }
    It 'does not grow addresses old when somebody sets the clock, and believes it after a start of Windows' {
        $place = Get-ConnectivityPlace
        $written = [IO.File]::ReadAllText($place.NamesMemory) | ConvertFrom-Json
        function Get-ConnectivityClock { @{ time = $written.clock.time + 8 * 86400; boot = $script:boot; running = $written.clock.running + 900 } }
        $script:boot = $written.clock.boot
        $read = Read-ConnectivityMemory -Place $place -Names 'api.example.org' -Clock (Get-ConnectivityClock)
        [Math]::Abs($read['api.example.org']['203.0.113.9'].last - ($written.clock.time + 8 * 86400 - 900)) | Should -BeLessThan 60
        $script:boot = '1'
        (Read-ConnectivityMemory -Place $place -Names 'api.example.org' -Clock (Get-ConnectivityClock))['api.example.org']['203.0.113.9'].last | Should -Be $written.entries[0].last
    }
    It 'runs as SYSTEM every 15 minutes and after each start' {
        $task = @((Get-Content $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable).tasks)[0]
        $task.Principal.UserId | Should -Be 'SYSTEM'
        $task.Trigger[0].Every, $task.Trigger[1].AtStartup | Should -Be '00:15:00', $true
        $task.Action[0].Argument | Should -BeLike "*-File `"$((Get-ConnectivityPlace).NamesProgram)`""
    }
    It 'has a program that runs on its own, with the name service of the host' {
        $place = Get-ConnectivityPlace
        $rules = [IO.File]::ReadAllText($place.NamesRules).Replace('api.example.org', 'localhost')
        [IO.File]::WriteAllText($place.NamesRules, $rules)
        $shell, $start = (Get-Process -Id $PID).Path, @(if ($env:DOTNET_ROOT) { Join-Path $PSHOME 'pwsh.dll' })
        if (-not $onWindows) { $env:PSModulePath = $PSScriptRoot + [IO.Path]::PathSeparator + $env:PSModulePath }
        $said = & $shell @start -NoProfile -NonInteractive -File $place.NamesProgram 2>&1
        $LASTEXITCODE | Should -Be 0 -Because "$said"
        [IO.File]::ReadAllText($place.NamesLog) | Should -BeLike '*ignored * for localhost: it is a loopback address*'
        Get-Peers | Should -Be '203.0.113.9'
        # A new address takes the way through the journal; the function that asks is the only one that is another.
        [IO.File]::WriteAllText($place.NamesRules, $rules.Replace('localhost', 'api.example.org'))
        $asks = "function Start-ConnectivityNameQuery { [Threading.Tasks.Task]::FromResult([Net.IPAddress[]] @([Net.IPAddress]::Parse('203.0.113.11'))) }"
        $other = [IO.File]::ReadAllText($place.NamesProgram) -replace '(?s)function Start-ConnectivityNameQuery \{.*?\n\}', $asks
        [IO.File]::WriteAllText($place.NamesProgram, $other)
        & $shell @start -NoProfile -NonInteractive -File $place.NamesProgram
        $LASTEXITCODE | Should -Be 0
        Get-Peers | Should -Contain '203.0.113.11'
        Test-Path $place.Journal | Should -BeFalse
        Get-TaskNames | Should -Be 'federated.connectivity names'
    }
}

Describe 'Look-ups' {
    It 'give up names that are silent, and have the answers of the others' {
        $script:silent = New-Object 'Threading.Tasks.TaskCompletionSource[Net.IPAddress[]]'
        function Start-ConnectivityNameQuery([string] $Name) {
            if ($Name -like 'silent*') { return $script:silent.Task }
            if ($Name -eq 'gone.example') { return [Threading.Tasks.Task]::FromException[Net.IPAddress[]]([Net.Sockets.SocketException] 11001) }
            [Threading.Tasks.Task]::FromResult([Net.IPAddress[]] @([Net.IPAddress]::Parse('203.0.113.9')))
        }
        $names = @(1..12 | ForEach-Object { "silent$_.example" }) + @(1..40 | ForEach-Object { "n$_.example" }) + 'gone.example'
        $found = Find-ConnectivityAnswer -Names $names -Memory (New-ConnectivityTable) -Seconds 3
        $found.Count | Should -Be 41
        $found['n40.example'] | Should -Be '203.0.113.9'
        $found['gone.example'].Count | Should -Be 0
    }
}

Describe 'A fault while names come and change' {
    BeforeAll {
        function Save-ConnectivityFile { param([string] $Path, [string] $Text) Step-StandIn "save $Path" { & $savesFile -Path $Path -Text $Text } }
        function Remove-ConnectivityFile { param([string] $Path) Step-StandIn "remove $Path" { & $removesFile -Path $Path } }
        function Get-Whole { "$(Get-TestHost)`n$(Get-TaskNames)`n$(@(Get-Files | Where-Object { $_ -notin 'outcome.json', 'names.log' }))" }
        function Invoke-All {
            # Names come, and a new connection confirms them; then the task finds a new address.
            $env:SSH_CONNECTION = '192.0.2.1 1 192.0.2.2 22'
            $script:service = @{ 'api.example.org' = '203.0.113.9' }
            $done = Invoke-ConnectivityPolicy -Given (Get-NamedPolicy) -Options @{ seconds = 60; allow_shrink = $true; confirm_egress = 'none' }
            $env:SSH_CONNECTION = '192.0.2.1 2 192.0.2.2 22'
            if ($done.ContainsKey('on_trial')) { $null = Confirm-ConnectivityPolicy $done.on_trial.token }
            $script:service = @{ 'api.example.org' = '203.0.113.10' }
            Invoke-ConnectivityNameTask
        }
        Reset-TestHost
        $script:later = 0.0
        $null = Invoke-Change (Get-NamedPolicy @())
        $states = @(Get-Whole)
        $saved, $memory = [IO.File]::ReadAllText($env:STAND_IN), [IO.File]::ReadAllText((Get-ConnectivityPlace).Memory)
        $script:service = @{ 'api.example.org' = '203.0.113.9' }
        $null = Invoke-Change (Get-NamedPolicy)
        $states += Get-Whole
        $script:service = @{ 'api.example.org' = '203.0.113.10' }
        Invoke-ConnectivityNameTask
        $states += Get-Whole
        function Start-Again {
            Reset-TestHost
            [IO.File]::WriteAllText($env:STAND_IN, $saved)
            $null = New-Item -ItemType Directory -Path (Get-ConnectivityPlace).Directory
            [IO.File]::WriteAllText((Get-ConnectivityPlace).Memory, $memory)
            Restart-Counting
        }
        Start-Again
        Invoke-All
        $counted = @(Select-String -Path $env:STAND_IN_LOG -Pattern '^write ').Count
        $whole = Get-Whole
    }
    AfterAll {
        ${function:Save-ConnectivityFile}, ${function:Remove-ConnectivityFile} = $savesFile, $removesFile
        Reset-TestHost
    }
    It 'can happen at this many writes' { $counted | Should -Be 29; $whole | Should -Be $states[2] }
    It 'at write <_>, which Windows refuses' -ForEach @(1..29) {
        $write = $_ # catch has a $_ of its own
        Start-Again
        $env:STAND_IN_REFUSE_AT = "$write"
        try { Invoke-All } catch { Write-Verbose "$_" }
        @(Select-String -Path $env:STAND_IN_LOG -Pattern "^write $write ").Count | Should -Be 1
        $env:STAND_IN_REFUSE_AT = ''
        $state = Get-Content $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable
        $state.boot = "$([long] $state.boot + 9000000000)"
        [IO.File]::WriteAllText($env:STAND_IN, ($state | ConvertTo-Json -Depth 8))
        if ('federated.connectivity restore' -in (Get-TaskNames)) { Invoke-ConnectivityTask }
        $null = Resolve-ConnectivityPending -Place (Get-ConnectivityPlace) -CheckMode $false
        Get-Whole | Should -BeIn $states
        Test-Path (Get-ConnectivityPlace).Journal | Should -BeFalse
        Invoke-All
        Get-Whole | Should -Be $states[2]
    }
}
