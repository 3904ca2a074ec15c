using Edge.Agent.Cli;

return await CommandTable.RunAsync(args);
