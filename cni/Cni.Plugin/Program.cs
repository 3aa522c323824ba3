using Cni.Plugin;

return Forwarder.Run(Environment.GetEnvironmentVariable, Console.OpenStandardInput(), Console.OpenStandardOutput());
