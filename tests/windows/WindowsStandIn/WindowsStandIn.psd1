# In a folder of PSModulePath, the first of these commands that is used loads the stand-in.
@{
    RootModule = 'WindowsStandIn.psm1'
    ModuleVersion = '1.0'
    GUID = 'b1a3b8a4-6b43-4d0e-8f3a-0d1d3c1f6a52'
    FunctionsToExport = @(
        'Get-NetFirewallRule', 'New-NetFirewallRule', 'Set-NetFirewallRule', 'Remove-NetFirewallRule', 'Get-NetFirewallPortFilter',
        'Get-NetFirewallAddressFilter', 'Get-NetFirewallApplicationFilter', 'Get-NetFirewallServiceFilter', 'Get-NetFirewallInterfaceTypeFilter',
        'Get-NetFirewallSecurityFilter', 'Get-NetFirewallProfile', 'Set-NetFirewallProfile', 'Get-NetFirewallHyperVRule', 'New-NetFirewallHyperVRule',
        'Set-NetFirewallHyperVRule', 'Remove-NetFirewallHyperVRule', 'Get-NetFirewallHyperVVMSetting', 'New-ScheduledTaskAction',
        'New-ScheduledTaskTrigger', 'New-ScheduledTaskPrincipal', 'New-ScheduledTaskSettingsSet', 'Register-ScheduledTask', 'Get-ScheduledTask', 'Start-ScheduledTask', 'Stop-ScheduledTask',
        'Unregister-ScheduledTask', 'Get-Service', 'Restart-Service', 'Get-CimInstance', 'Get-NetTCPConnection', 'Get-NetUDPEndpoint', 'Step-StandIn', 'Get-StandInText'
    )
}
