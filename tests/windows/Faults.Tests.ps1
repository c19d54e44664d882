# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Faults at each write of a change: Windows refuses it, or the process dies before or after it. Then the host is restarted, or another
# run follows. In all cases the host is as it was before or as it was wanted, and nothing of others has changed. Over the stand-in alone.
# The way back has faults, too: it is tried again until it succeeds.
# Each death takes a PowerShell of its own. Without WHOLE=1 the process dies at every fifth write only, and Windows refuses each one.

BeforeDiscovery {
    $writes, $back = 20, 12
    $deaths = @(foreach ($write in 1..$writes) {
            foreach ($when in 'BEFORE', 'AFTER') { if ($env:WHOLE -or $write % 5 -eq $(if ($when -eq 'BEFORE') { 2 } else { 4 })) { @{ Write = $write; When = $when } } }
        })
}
BeforeAll {
    . (Join-Path $PSScriptRoot 'FaultRun.ps1')
    $shell = (Get-Process -Id $PID).Path
    $start = @(if ($env:DOTNET_ROOT) { Join-Path $PSHOME 'pwsh.dll' })
    Reset-TestHost
    $null = Invoke-ConnectivityPolicy -Given (Get-FaultPolicy 'old')
    $old = Get-TestHost
    $saved = [IO.File]::ReadAllText($env:STAND_IN)
    $memory = [IO.File]::ReadAllText((Get-ConnectivityPlace).Memory)
    Remove-Module WindowsStandIn; Import-Module (Join-Path $PSScriptRoot 'WindowsStandIn/WindowsStandIn.psd1')
    Remove-Item $env:STAND_IN_LOG
    Invoke-Fault
    $new = Get-TestHost
    $counted = @(Select-String -Path $env:STAND_IN_LOG -Pattern '^write ').Count

    function Start-Again {
        Reset-TestHost
        [IO.File]::WriteAllText($env:STAND_IN, $saved)
        $null = New-Item -ItemType Directory -Path (Get-ConnectivityPlace).Directory
        [IO.File]::WriteAllText((Get-ConnectivityPlace).Memory, $memory)
        Remove-Module WindowsStandIn; Import-Module (Join-Path $PSScriptRoot 'WindowsStandIn/WindowsStandIn.psd1')
    }
    function Restart-Computer1 {
        $state = Get-Content $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable
        $state.boot = "$([long] $state.boot + 9000000000)"
        [IO.File]::WriteAllText($env:STAND_IN, ($state | ConvertTo-Json -Depth 8))
        if (@($state.tasks).Count -gt 0) { Invoke-ConnectivityTask }
    }
    function Assert-Whole([string] $Expected = '') {
        $found = Get-TestHost
        if ($Expected) { $found | Should -Be $Expected } else { $found | Should -BeIn $old, $new }
        Test-Path (Get-ConnectivityPlace).Journal | Should -BeFalse
        @((Get-Content $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable).tasks).Count | Should -Be 0
    }
}
Describe 'A fault' {
    It 'can happen at this many writes, and the policies differ' {
        $counted | Should -Be 20
        Start-Again
        $null = Invoke-ConnectivityPolicy -Given (Get-FaultPolicy 'new') -Options @{ seconds = 60; allow_shrink = $true; confirm_egress = 'none' }
        Remove-Item $env:STAND_IN_LOG
        Restart-Computer1
        @(Select-String -Path $env:STAND_IN_LOG -Pattern '^write ').Count | Should -Be 12
        $old | Should -Not -Be $new
    }
    It 'at write <_>, which Windows refuses' -ForEach @(1..$writes) {
        Start-Again
        $env:STAND_IN_REFUSE_AT = "$_"
        try { Invoke-Fault } catch { Write-Verbose "$_" }
        $env:STAND_IN_REFUSE_AT = ''
        Restart-Computer1
        $null = Resolve-ConnectivityPending -Place (Get-ConnectivityPlace) -CheckMode $false
        Assert-Whole
    }
    It 'at write <Write>, <When> which the process dies' -ForEach $deaths {
        Start-Again
        [Environment]::SetEnvironmentVariable("STAND_IN_DIE_$When", "$Write")
        $env:FAULT_RUN = '1'
        & $shell @start -NoProfile -File (Join-Path $PSScriptRoot 'FaultRun.ps1') 2>$null
        $LASTEXITCODE | Should -Not -Be 0
        $env:FAULT_RUN = ''
        [Environment]::SetEnvironmentVariable("STAND_IN_DIE_$When", '')
        if ($Write % 2) { Restart-Computer1 }
        $state = Get-Content $env:STAND_IN -Raw | ConvertFrom-Json -AsHashtable
        $waits = (Test-Path (Get-ConnectivityPlace).Journal) -and (Read-ConnectivityFile (Get-ConnectivityPlace).Journal).phase -eq 'trial'
        if ($waits) { Restart-Computer1; Assert-Whole $old }
        $null = Resolve-ConnectivityPending -Place (Get-ConnectivityPlace) -CheckMode $false
        Assert-Whole
        $null = Invoke-ConnectivityPolicy -Given (Get-FaultPolicy 'new') -Options @{ allow_shrink = $true }
        Assert-Whole $new
    }
    It 'at write <_> of the way back, which Windows refuses: the next minute ends it' -ForEach @(1..$back) {
        $write = $_ # catch has a $_ of its own
        Start-Again
        $null = Invoke-ConnectivityPolicy -Given (Get-FaultPolicy 'new') -Options @{ seconds = 60; allow_shrink = $true; confirm_egress = 'none' }
        Remove-Module WindowsStandIn; Import-Module (Join-Path $PSScriptRoot 'WindowsStandIn/WindowsStandIn.psd1')
        Remove-Item $env:STAND_IN_LOG
        $env:STAND_IN_REFUSE_AT = "$write"
        try { Restart-Computer1 } catch { Write-Verbose "$_" }
        @(Select-String -Path $env:STAND_IN_LOG -Pattern "^write $write ").Count | Should -Be 1
        $env:STAND_IN_REFUSE_AT = ''
        Invoke-ConnectivityTask
        $null = Resolve-ConnectivityPending -Place (Get-ConnectivityPlace) -CheckMode $false
        Assert-Whole $old
    }
    It 'of nobody who confirms, before a restart' {
        Start-Again
        $null = Invoke-ConnectivityPolicy -Given (Get-FaultPolicy 'new') -Options @{ seconds = 60; allow_shrink = $true; confirm_egress = 'none' }
        Invoke-ConnectivityTask
        Get-TestHost | Should -Not -Be $old
        Restart-Computer1
        Assert-Whole $old
    }
    It 'of nobody who confirms, in time' {
        Start-Again
        $null = Invoke-ConnectivityPolicy -Given (Get-FaultPolicy 'new') -Options @{ seconds = 60; allow_shrink = $true; confirm_egress = 'none' }
        $place = Get-ConnectivityPlace
        $journal = Read-ConnectivityFile $place.Journal
        $journal.deadline = 1
        [IO.File]::WriteAllText($place.Journal, ($journal | ConvertTo-Json -Depth 6))
        Invoke-ConnectivityTask
        Assert-Whole $old
        (Confirm-ConnectivityPolicy $journal.token).errors | Should -Contain 'nobody confirmed it within 60 seconds'
    }
}
